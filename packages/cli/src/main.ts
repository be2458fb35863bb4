/** The command line. Node's version is checked before anything native is imported: better-sqlite3 crashes on old ones. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `voepy needs Node 22.19 or newer, this is ${process.versions.node}: run scripts/start, which brings its own\n`,
  );
  process.exit(1);
}
const { runCommand } = await import("./commands.ts");
process.exit(await runCommand(process.argv.slice(2)));
