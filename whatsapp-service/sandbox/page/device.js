{
  const NAME = 'sandbox-device';

  const withStore = (mode, work) => new Promise((resolve, reject) => {
    const open = indexedDB.open(NAME, 1);
    open.onupgradeneeded = () => open.result.createObjectStore('device');
    open.onerror = () => reject(open.error);
    open.onsuccess = () => {
      const transaction = open.result.transaction('device', mode, { durability: 'strict' });
      const request = work(transaction.objectStore('device'));
      transaction.oncomplete = () => {
        open.result.close();
        resolve(request.result);
      };
      transaction.onerror = () => reject(transaction.error);
    };
  });

  /**
   * The token by which the hub knows this linked device. localStorage reaches the disk only seconds later, so that a browser which is
   * killed right after it was linked would have to be linked again; the copy in IndexedDB is there at once.
   */
  Sim.device = {
    async load() {
      return localStorage.getItem(NAME) ?? (await withStore('readonly', (store) => store.get('token'))) ?? null;
    },
    async save(token) {
      localStorage.setItem(NAME, token);
      await withStore('readwrite', (store) => store.put(token, 'token'));
    },
    async clear() {
      localStorage.removeItem(NAME);
      await withStore('readwrite', (store) => store.delete('token'));
    },
  };
}
