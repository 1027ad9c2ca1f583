/* Polls the application for the QR of each [data-whatsapp-qr], and raises `whatsapp:state` on it when the state changes. */
(() => {
  const SLOWEST_MS = 30000;
  const GIVE_UP = { 401: 'Please sign in again.', 403: 'You may not pair this session.', 404: 'There is no such session.', 419: 'Please reload the page.' };

  const visible = () => new Promise((resolve) => {
    if (!document.hidden) return resolve();
    document.addEventListener('visibilitychange', resolve, { once: true });
  });

  async function watch(box) {
    const image = box.querySelector('img');
    const text = box.querySelector('[role="status"]');
    const interval = Number(box.dataset.interval) || 3000;
    let state = null;
    let wait = interval;

    while (box.isConnected) {
      await visible();
      try {
        const response = await fetch(box.dataset.whatsappQr, { headers: { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest' }, credentials: 'same-origin', cache: 'no-store' });
        if (GIVE_UP[response.status]) {
          image.hidden = true;
          text.textContent = GIVE_UP[response.status];
          return;
        }
        const now = await response.json();
        image.hidden = !now.image;
        if (now.image && image.src !== now.image) image.src = now.image;
        text.textContent = now.message ?? '';
        if (now.state && now.state !== state) {
          state = now.state;
          box.dataset.state = state;
          box.dispatchEvent(new CustomEvent('whatsapp:state', { bubbles: true, detail: { session: box.dataset.session, state } }));
        }
        if (state === 'WORKING') return;
        wait = response.ok ? interval : Math.min(wait * 2, SLOWEST_MS);
      } catch {
        wait = Math.min(wait * 2, SLOWEST_MS);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  const begin = () => {
    for (const box of document.querySelectorAll('[data-whatsapp-qr]:not([data-watched])')) {
      box.dataset.watched = '';
      watch(box);
    }
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
  else begin();
  for (const event of ['livewire:navigated', 'turbo:load', 'inertia:navigate']) document.addEventListener(event, begin);
})();
