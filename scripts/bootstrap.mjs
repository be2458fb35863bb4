// Makes this checkout ready to run and prints the path of the Node to run it with (all other output goes to stderr).
// Plain JavaScript for any Node since 18: it has to run before there is anything else. What is installed is remembered by a
// hash of the lockfile, so that a second run does nothing and needs no network.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, "node_modules", ".voepy-installed");
const workspaceFolders = ["sip-stack", "media-engine", "api", "packages/*"];
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));
const rootPackage = readJson(join(root, "package.json"));

function fail(...lines) {
  for (const line of lines) process.stderr.write(`voepy: ${line}\n`);
  process.exit(1);
}

/** What an install depends on: the lockfile, the installer's version, and the kind of machine. */
function wantedStamp() {
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(join(root, file)));
  return `${hash.update(`${rootPackage.packageManager} ${process.platform} ${process.arch}`).digest("hex")}\n`;
}

function packageFolders() {
  return workspaceFolders.flatMap((folder) =>
    folder.endsWith("/*")
      ? readdirSync(join(root, folder.slice(0, -2))).map((name) => join(root, folder.slice(0, -2), name))
      : [join(root, folder)],
  );
}

/** A dependency that should be linked and is not: a cache that kept only the root's node_modules, or an interrupted install. */
function missingLink() {
  for (const folder of [root, ...packageFolders()]) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { dependencies, devDependencies } = readJson(manifest);
    for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
      if (!existsSync(join(folder, "node_modules", name))) return join(folder, "node_modules", name);
    }
  }
  return undefined;
}

/** npx and pnpm keep caches under HOME; where there is none that can be written, they get one inside build/. */
function homeFolder() {
  try {
    accessSync(process.env.HOME || "", constants.W_OK);
    return process.env.HOME;
  } catch {
    const home = join(root, "build", "home");
    mkdirSync(home, { recursive: true });
    return home;
  }
}

function install() {
  process.stderr.write("voepy: installing dependencies (once) …\n");
  const args = [
    "--yes",
    rootPackage.packageManager,
    "install",
    "--frozen-lockfile",
    "--config.confirmModulesPurge=false",
  ];
  const result = spawnSync("npx", args, {
    cwd: root,
    // The installer's own output is progress: stdout carries nothing but this program's answer.
    stdio: ["ignore", process.stderr, process.stderr],
    env: { ...process.env, CI: "true", HOME: homeFolder() },
  });
  if (result.error)
    fail(`npx could not be started (${result.error.message}).`, "It comes with npm: install npm and try again.");
  if (result.status !== 0) {
    fail(
      `installing the dependencies failed (${result.signal ?? `exit status ${result.status}`}); what went wrong stands above.`,
      "The first start needs the npm registry: check the network, a proxy or a registry set in .npmrc, and try again.",
    );
  }
}

/** True when this Node can run the code: it strips types and loads the native modules. */
function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 19);
}

function runtime() {
  // The real binary, not the shell shim in .bin, so that the process that is started is the one that runs.
  const binary = join(root, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  const probe = existsSync(binary) ? spawnSync(binary, ["--version"], { encoding: "utf8" }) : undefined;
  if (probe?.status === 0 && isNewEnough(probe.stdout.trim())) return binary;
  if (isNewEnough(process.version)) return process.execPath;
  const why = probe
    ? "the Node of the npm package does not run here (it needs glibc)"
    : `no Node binary is published for it`;
  return fail(
    `Node ${rootPackage.engines.node} is needed; this is ${process.version} on ${process.platform}-${process.arch}, and ${why}.`,
    "Install Node 24 (https://nodejs.org) and try again.",
  );
}

if (Number(process.versions.node.split(".")[0]) < 18)
  fail(`Node ${process.version} is too old even to install: 20 or later is needed.`);
const wanted = wantedStamp();
const installed = existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "";
if (installed !== wanted || missingLink() !== undefined) {
  install();
  const missing = missingLink();
  if (missing !== undefined)
    fail(`the install finished, yet ${missing} is not there: remove node_modules and try again.`);
  writeFileSync(stampFile, wanted);
}
process.stdout.write(`${runtime()}\n`);
