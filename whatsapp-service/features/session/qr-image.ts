import QRCode from 'qrcode';

export const QR_TYPES = ['application/json', 'image/png', 'image/svg+xml'] as const;

export const qrPng = (qr: string): Promise<Buffer> => QRCode.toBuffer(qr, { type: 'png', width: 512, margin: 2 });

export const qrSvg = (qr: string): Promise<string> => QRCode.toString(qr, { type: 'svg', margin: 2 });
