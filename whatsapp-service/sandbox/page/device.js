/* global Sim */
{
  const NAME = 'sandbox-device';

  /** One operation on a store of the page's database, on disk when it resolves. */
  const withStore = (name, mode, work) => new Promise((resolve, reject) => {
    const open = indexedDB.open(NAME, 1);
    open.onupgradeneeded = () => {
      open.result.createObjectStore('device');
      open.result.createObjectStore('unsent');
    };
    open.onerror = () => reject(open.error);
    open.onsuccess = () => {
      const transaction = open.result.transaction(name, mode, { durability: 'strict' });
      const request = work(transaction.objectStore(name));
      transaction.oncomplete = () => {
        open.result.close();
        resolve(request.result);
      };
      transaction.onerror = () => reject(transaction.error);
    };
  });

  Sim.withStore = withStore;

  /**
   * The token by which the hub knows this linked device. localStorage reaches the disk only seconds later, so that a browser which is
   * killed right after it was linked would have to be linked again; the copy in IndexedDB is there at once.
   */
  Sim.device = {
    async load() {
      return localStorage.getItem(NAME) ?? (await withStore('device', 'readonly', (store) => store.get('token'))) ?? null;
    },
    async save(token) {
      localStorage.setItem(NAME, token);
      await withStore('device', 'readwrite', (store) => store.put(token, 'token'));
    },
    async clear() {
      localStorage.removeItem(NAME);
      await withStore('device', 'readwrite', (store) => store.delete('token'));
    },
  };
}
