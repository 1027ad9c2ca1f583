/** Keeps one processor core busy for so many milliseconds, or until the parent is gone. */
const end = Date.now() + Number(process.argv[2]);
process.on('disconnect', () => process.exit(0));

function burn(): void {
  const until = Date.now() + 50;
  let x = 0;
  while (Date.now() < until) x = Math.sqrt(x + 1);
  if (Date.now() < end) setImmediate(burn);
  else process.exit(0);
}
burn();
