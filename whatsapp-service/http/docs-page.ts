import { createRequire } from 'node:module';
import path from 'node:path';
import { Router } from 'express';
import type { OpenApiDocument } from './openapi.js';
import { rememberAllowed } from './routing.js';
import { docsPagePolicy } from './security-headers.js';
import { sendAnswer } from './send-answer.js';

/** Swagger UI's own files that the page needs; the rest of its package is not served. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** Addresses are relative, so that the page works below a prefix of a reverse proxy too. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WhatsApp bridge: the HTTP API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** A file of its own and not a script in the page: the page's policy takes no inline scripts. Nothing is sent to a validator elsewhere. */
const START = `SwaggerUIBundle({ url: 'docs/openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null, defaultModelsExpandDepth: 0 });
`;

/**
 * The documentation: `/docs` for people, `/docs/openapi.json` for programs. They need no key: they hold no data,
 * and whoever builds against the API reads them first.
 */
export function docsRouter(document: OpenApiDocument): Router {
  const json = JSON.stringify(document);
  const root = path.dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const strict = Router({ caseSensitive: true, strict: true });

  strict.get('/docs', docsPagePolicy(), (_req, res) => sendAnswer(res, { status: 200, type: 'text/html', body: PAGE }));
  strict.get('/docs/', (_req, res) => sendAnswer(res, { status: 308, headers: { Location: '../docs' } }));
  strict.get('/docs/start.js', (_req, res) => sendAnswer(res, { status: 200, type: 'text/javascript', body: START }));
  strict.get('/docs/openapi.json', (_req, res) => sendAnswer(res, { status: 200, type: 'application/json; charset=utf-8', body: json }));
  for (const asset of ASSETS) strict.get(`/docs/${asset}`, (_req, res) => res.sendFile(asset, { root, maxAge: '1h', acceptRanges: false }));
  for (const path of ['/docs', '/docs/', '/docs/start.js', '/docs/openapi.json', ...ASSETS.map((asset) => `/docs/${asset}`)]) strict.all(path, rememberAllowed(['get']));
  return strict;
}
