import { InProcessBridge, TEST_KEY, TEST_SECRET, World, type BridgeApi } from './bridge.js';
import { CuttingProxy } from './cutting-proxy.js';
import { LaravelApp } from './laravel-app.js';

/** A shop that sends: the skeleton application in production, behind a connection that can be cut the bridge, and its session `sales`. */
export class Shop {
  private constructor(
    readonly world: World,
    readonly bridge: InProcessBridge,
    readonly proxy: CuttingProxy,
    readonly app: LaravelApp,
  ) {}

  static async open(): Promise<Shop> {
    const world = await World.open();
    const bridge = await InProcessBridge.start(world, { SYNC_ON_READY: 'false' });
    await bridge.api.pair(world, 'sales', { workspace_id: 7, seed: { chats: 20 } });
    const proxy = await CuttingProxy.before(bridge.api.url);
    const app = await LaravelApp.open({ APP_ENV: 'production', WHATSAPP_BRIDGE_URL: proxy.url, WHATSAPP_BRIDGE_KEY: TEST_KEY, WHATSAPP_SECRET: TEST_SECRET, WHATSAPP_SESSION: 'sales' });
    return new Shop(world, bridge, proxy, app);
  }

  get api(): BridgeApi {
    return this.bridge.api;
  }

  /** One scenario of tests/app/src/Console/ShopCommand.php; its answer. */
  async does<T>(scenario: string, input: object = {}): Promise<T> {
    return JSON.parse(await this.app.artisanWith(JSON.stringify(input), 'shop', scenario, '-')) as T;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.proxy.close();
    await this.bridge.stop();
    await this.world.close();
  }
}
