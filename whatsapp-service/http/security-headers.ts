import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * Headers of every answer. An API answer is data and may load nothing; a page brings a policy of its own.
 * HSTS is the reverse proxy's to say: the service itself speaks plain HTTP.
 */
export const securityHeaders = (): RequestHandler =>
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'form-action': ["'none'"], 'frame-ancestors': ["'none'"] } },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });

/**
 * For the page of the documentation. Swagger UI's own style sheet has images as `data:`, and it sets styles on
 * elements; scripts come from our own files alone, and it may talk to this service only.
 */
export const docsPagePolicy = (): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  });
