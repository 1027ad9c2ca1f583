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

/** For the page of the documentation: our own files, the style sheet's `data:` images, and requests to this service alone. */
export const docsPagePolicy = (): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  });
