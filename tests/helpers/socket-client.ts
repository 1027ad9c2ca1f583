import { io, type Socket } from 'socket.io-client';
import type { Acknowledgement } from '../../whatsapp-service/contracts/realtime-api.js';
import { patient } from './patience.js';

/** A client of the blast face, as applications use it: the real library, and what it heard. */
export class SocketClient {
  readonly heard: { event: string; data: unknown; at: number }[] = [];

  private constructor(readonly socket: Socket) {
    socket.onAny((event: string, data: unknown) => this.heard.push({ event, data, at: performance.now() }));
  }

  /** Rejects with what the server said. */
  static async connect(url: string, auth: unknown, more: object = {}): Promise<SocketClient> {
    const socket = io(url, { auth: auth as Record<string, unknown>, reconnectionDelay: 50, reconnectionDelayMax: 100, forceNew: true, transports: ['websocket'], ...more });
    const client = new SocketClient(socket);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.once('connect_error', reject);
      });
    } catch (error) {
      socket.disconnect();
      throw error;
    }
    return client;
  }

  ask(event: string, ...args: unknown[]): Promise<Acknowledgement & Record<string, never>> {
    return this.socket.timeout(patient(20_000)).emitWithAck(event, ...args) as Promise<Acknowledgement & Record<string, never>>;
  }

  of<T = Record<string, never>>(event: string): T[] {
    return this.heard.filter((one) => one.event === event).map(({ data }) => data as T);
  }

  close(): void {
    this.socket.disconnect();
  }
}
