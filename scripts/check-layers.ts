/**
 * The walls of the house, checked by reading import lines:
 * 1. a package imports (and declares) only packages of a lower layer, by name, never by path;
 * 2. modules that touch the machine are imported only in folders named `io` or `worker` and by the composition root;
 * 3. clocks, timers and randomness are read only in `io`, `worker` and the two files of `base` that hand them in.
 * Run: node scripts/check-layers.ts. Exit status 1 and one line for each breach.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Lower imports nothing higher. `cli` is a thin shell over `server`. */
const LAYERS: Readonly<Record<string, number>> = {
  "packages/base": 0,
  "sip-stack": 1,
  "media-engine": 1,
  "packages/store": 1,
  "packages/policy": 2,
  "packages/rating": 2,
  "packages/webhooks": 2,
  "packages/speech": 2,
  "packages/call-control": 3,
  "packages/sandbox": 3,
  api: 4,
  "packages/server": 5,
  "packages/cli": 6,
  // Test tools stand outside the house: they may use any engine, and only tests may use them.
  "packages/testkit": 7,
};

const MACHINE_MODULES = (
  "dgram net tls http http2 https fs fs/promises child_process worker_threads cluster dns dns/promises " +
  "ws koffi undici better-sqlite3 @hono/node-server"
).split(" ");
const CLOCK_READS =
  /\b(?:Date\.now|performance\.now|setTimeout|setInterval|Math\.random|process\.hrtime|new Date(?=\(\)))(?=\(|\.|\))/g;
const RANDOM_READS = /\b(?:randomBytes|randomFillSync|randomUUID|randomInt|getRandomValues)\(/g;
const IMPORT =
  /^(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|^import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface PackageManifest {
  /** Relative to the repository, as in LAYERS. */
  readonly folder: string;
  readonly name: string;
  readonly dependencies: readonly string[];
}

/** One sentence for each breach; none when the walls stand. */
export function findBreaches(files: readonly SourceFile[], manifests: readonly PackageManifest[]): string[] {
  const folderOf = new Map(manifests.map((manifest) => [manifest.name, manifest.folder]));
  return [
    ...manifests.flatMap((manifest) => manifestBreaches(manifest, folderOf)),
    ...files.flatMap((file) => fileBreaches(file, folderOf)),
  ];
}

function manifestBreaches(manifest: PackageManifest, folderOf: ReadonlyMap<string, string>): string[] {
  if (LAYERS[manifest.folder] === undefined)
    return [`${manifest.folder}: has no layer; give it one in scripts/check-layers.ts`];
  return manifest.dependencies.flatMap((name) => {
    const folder = folderOf.get(name);
    if (folder === undefined || isLower(folder, manifest.folder)) return [];
    return [`${manifest.folder}/package.json: depends on ${name}, which is not on a lower layer`];
  });
}

function fileBreaches(file: SourceFile, folderOf: ReadonlyMap<string, string>): string[] {
  const home = packageOf(file.path);
  if (home === undefined) return [];
  const code = withoutComments(file.text);
  const isTest = isTestFile(file.path);
  const breaches: string[] = [];
  for (const match of code.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    const problem = importBreach(file.path, home, specifier, folderOf);
    if (problem !== undefined) breaches.push(`${file.path}: ${problem}`);
    if (!isTest && !mayTouchMachine(file.path, specifier)) {
      breaches.push(`${file.path}: imports ${specifier} outside a folder named io or worker`);
    }
  }
  if (isTest || mayReadClock(file.path)) return breaches;
  for (const [read] of code.matchAll(CLOCK_READS))
    breaches.push(`${file.path}: uses ${read}; take a Clock or a Random instead`);
  // The composition root is where the machine's randomness is taken from.
  if (/^packages\/(?:server|cli)\//.test(file.path)) return breaches;
  for (const [read] of code.matchAll(RANDOM_READS)) breaches.push(`${file.path}: uses ${read}); take a Random instead`);
  return breaches;
}

function importBreach(
  path: string,
  home: string,
  specifier: string,
  folderOf: ReadonlyMap<string, string>,
): string | undefined {
  if (specifier.startsWith(".")) {
    const target = packageOf(join(dirname(path), specifier).replaceAll("\\", "/"));
    return target === home ? undefined : `reaches into ${target ?? "another folder"} by path (${specifier})`;
  }
  const name = /^@voepy\/[^/]+/.exec(specifier)?.[0];
  if (name === undefined) return undefined;
  if (specifier !== name) return `imports ${specifier}: only the package's index is public`;
  const folder = folderOf.get(name);
  if (folder === undefined) return `imports ${name}, which is no package of this workspace`;
  // Tests may reach up to the test tools, and look at their own package as others see it; nothing else.
  if (isTestFile(path) && (folder === "packages/testkit" || folder === home)) return undefined;
  return isLower(folder, home) ? undefined : `imports ${name}, which is not on a lower layer`;
}

const isLower = (target: string, from: string): boolean => (LAYERS[target] ?? Infinity) < (LAYERS[from] ?? -1);

function packageOf(path: string): string | undefined {
  return Object.keys(LAYERS).find((folder) => path.startsWith(`${folder}/`));
}

function isTestFile(path: string): boolean {
  return path.startsWith("packages/testkit/") || /\.(?:test|cases|bench)\.ts$|\/(?:test|bench)\//.test(path);
}

function mayTouchMachine(path: string, specifier: string): boolean {
  const module = specifier.replace(/^node:/, "");
  if (!MACHINE_MODULES.includes(module)) return true;
  if (module === "better-sqlite3") return path === "packages/store/src/db.ts";
  if (path === "packages/store/src/db.ts" && module === "fs") return true;
  return /\/(?:io|worker)\//.test(path) || /^packages\/(?:server|cli)\//.test(path);
}

function mayReadClock(path: string): boolean {
  return /\/(?:io|worker)\//.test(path) || ["packages/base/src/clock.ts", "packages/base/src/random.ts"].includes(path);
}

/** Blanks block comments and what follows `//`, so that prose may name what code may not use. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function readWorkspace(root: string): { files: SourceFile[]; manifests: PackageManifest[] } {
  const inRoot = (pattern: string): string[] =>
    globSync(pattern, { cwd: root, exclude: (entry) => entry.includes("node_modules") }).map((path) =>
      path.replaceAll("\\", "/"),
    );
  const folders = ["sip-stack", "media-engine", "api", "packages/*"];
  const files = folders.flatMap((folder) => inRoot(`${folder}/**/*.ts`));
  const manifests = folders
    .flatMap((folder) => inRoot(`${folder}/package.json`))
    .map((path) => {
      const manifest: { name: string; dependencies?: Record<string, string> } = JSON.parse(
        readFileSync(join(root, path), "utf8"),
      );
      return { folder: dirname(path), name: manifest.name, dependencies: Object.keys(manifest.dependencies ?? {}) };
    });
  return { files: files.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") })), manifests };
}

if (process.argv[1] === import.meta.filename) {
  const root = dirname(import.meta.dirname);
  const { files, manifests } = readWorkspace(root);
  const breaches = findBreaches(files, manifests);
  for (const breach of breaches) console.error(breach);
  console.log(
    `layers: ${files.length} files in ${manifests.length} packages, ${breaches.length} breaches (${relative(process.cwd(), root) || "."})`,
  );
  process.exitCode = breaches.length === 0 ? 0 : 1;
}
