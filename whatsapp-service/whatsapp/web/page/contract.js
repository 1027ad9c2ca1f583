/** Whether the page still offers what is used of it: the index of each `[module, path or null]` that is not there. */
bridge.calls.checkParts = ({ parts }) => {
  // The browser's own page for an error, or one that is still coming, lacks everything, and WhatsApp Web has not changed.
  if (location.origin !== 'https://web.whatsapp.com' || document.readyState !== 'complete') throw bridge.fail('page_unavailable', 'WhatsApp Web is not loaded');
  const isThere = ([name, path]) => {
    let value = bridge.module(name);
    for (const step of path?.split('.') ?? []) value = value?.[step];
    return value !== null && value !== undefined;
  };
  const missing = parts.flatMap((part, index) => (isThere(part) ? [] : [index]));
  return { version: window.Debug?.VERSION ?? null, missing };
};
