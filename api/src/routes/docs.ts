/** `/openapi.json` and `/docs`: the same document for programs and for people, all from our own files. */
import { readDocsFile } from "../io/docs-files.ts";
import { type PublicRoute, publicRoute, type Route } from "../route.ts";

const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const FILES: Readonly<Record<string, string>> = {
  "swagger-ui.css": CSS,
  "swagger-ui-bundle.js": SCRIPT,
  "favicon-32x32.png": "image/png",
};

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>voepy API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, persistAuthorization: true });
`;

/** The page may load nothing from anywhere else, and nobody may frame it. swagger-ui sets styles in elements. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

/** `documentText` is made when first asked for: it is the same for the life of the process. */
export function docsRoutes(documentText: () => string): Route[] {
  let text: string | undefined;
  return [
    publicRoute({
      method: "get",
      path: "/openapi.json",
      respond(c) {
        text ??= documentText();
        return c.body(text, 200, { "content-type": "application/json; charset=UTF-8" });
      },
    }),
    page("/docs", PAGE, "text/html; charset=utf-8"),
    page("/docs/start.js", START, SCRIPT),
    ...Object.entries(FILES).map(([name, type]) => file(name, type)),
  ];
}

function page(path: string, text: string, type: string): PublicRoute {
  return publicRoute({
    method: "get",
    path,
    respond: (c) => c.body(text, 200, { ...headersFor(type), "content-security-policy": POLICY }),
  });
}

function file(name: string, type: string): PublicRoute {
  return publicRoute({
    method: "get",
    path: `/docs/${name}`,
    respond: async (c) =>
      c.body(await readDocsFile(name), 200, { ...headersFor(type), "cache-control": "public, max-age=3600" }),
  });
}

function headersFor(type: string): Record<string, string> {
  return { "content-type": type, "x-content-type-options": "nosniff" };
}
