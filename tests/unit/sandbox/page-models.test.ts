import { expect, test } from '@jest/globals';
import { inPageScripts } from './page-scripts.js';

const run = (scripts: string[], code: string): unknown => JSON.parse(String(inPageScripts(['emitter.js', ...scripts], `JSON.stringify((() => { ${code} })())`)));

test('listeners hear value and value before; one that fails does not stop the others', () => {
  const heard = run([], `
    const heard = []; const model = new Sim.Model(); model.ack = 0;
    model.on('change:ack change:body', (_model, now, before) => heard.push([now, before ?? null]));
    model.on('change', () => heard.push('change'));
    model.set({ ack: 1, body: 'a' }); model.set({ ack: 1 });
    return heard;`);
  expect(heard).toEqual([[1, 0], ['a', null], 'change']);
});

test('`once` and `off`', () => {
  expect(run([], `
    let n = 0; const emitter = new Sim.Emitter(); const twice = () => { n += 10; };
    emitter.once('x', () => { n += 1; }); emitter.on('x', twice); emitter.trigger('x'); emitter.off('x', twice); emitter.trigger('x');
    return n;`)).toBe(11);
});

test('a collection has each model once, in its order, and tells of what comes and goes', () => {
  expect(run([], `
    const told = []; const list = new Sim.Collection(); list.compare = (a, b) => b.t - a.t;
    list.on('add', (model) => told.push('+' + model.id)); list.on('remove', (model) => told.push('-' + model.id));
    list.add({ id: 'a', t: 1 }); list.add({ id: 'b', t: 2 }); list.add({ id: 'b', t: 9 }); list.add({ id: 'c', t: 3 }, { silent: true });
    const order = list.map((model) => model.id); list.remove('a');
    return { told, order, left: list.length, found: list.get({ _serialized: 'b' }).t };`)).toEqual({ told: ['+a', '+b', '-a'], order: ['c', 'b', 'a'], left: 2, found: 2 });
});

test('ids are objects with fields, and strings in JSON', () => {
  expect(run(['lid.js', 'wid.js'], `
    const wid = Sim.createWid('6281234567890@s.whatsapp.net');
    return { json: wid, fields: { ...wid }, same: Sim.createWid(wid) === wid, group: Sim.createWid('12@g.us').isGroup(), back: Sim.toPn(Sim.toLid(wid)) };`))
    .toEqual({ json: '6281234567890@c.us', fields: { server: 'c.us', user: '6281234567890', _serialized: '6281234567890@c.us' }, same: true, group: true, back: '6281234567890@c.us' });
});

test('message keys are read as they are written', () => {
  const texts = ['true_62812@c.us_3EB0AA', 'false_12@g.us_3A01_62813@c.us'];
  expect(run(['lid.js', 'wid.js', 'msg-key.js'], `return ${JSON.stringify(texts)}.map((text) => Sim.MsgKey.fromString(text).toString())`)).toEqual(texts);
  expect(run(['lid.js', 'wid.js', 'msg-key.js'], "return new Sim.MsgKey({ from: '1@c.us', to: Sim.createWid('2@c.us'), id: 'X', selfDir: 'out' })._serialized")).toBe('true_2@c.us_X');
});
