/* The page's own namespace: a global name, but no property of `window`. */
const Sim = {};

{
  /** Events as WhatsApp Web's models have them: several names at once, the value before as the last argument. */
  class Emitter {
    #handlers = null;

    on(names, handler, context) {
      this.#handlers ??= new Map();
      for (const name of names.split(' ')) {
        if (!this.#handlers.has(name)) this.#handlers.set(name, []);
        this.#handlers.get(name).push({ handler, context });
      }
      return this;
    }

    once(names, handler, context) {
      const first = (...args) => {
        this.off(names, first);
        handler.apply(context, args);
      };
      return this.on(names, first);
    }

    off(names, handler) {
      for (const name of names.split(' ')) {
        const left = (this.#handlers?.get(name) ?? []).filter((entry) => handler && entry.handler !== handler);
        this.#handlers?.set(name, left);
      }
      return this;
    }

    listenTo(other, names, handler) {
      other.on(names, handler, this);
      return this;
    }

    trigger(name, ...args) {
      const entries = this.#handlers?.get(name);
      if (!entries) return this;
      for (const { handler, context } of [...entries]) {
        // One listener's failure is its own: the page and the other listeners go on.
        try {
          handler.apply(context ?? this, args);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
      return this;
    }

    hasListener(name) {
      return (this.#handlers?.get(name)?.length ?? 0) > 0;
    }
  }

  /** Attributes are plain properties; `set` tells of what changed. */
  class Model extends Emitter {
    /** The collections that hear this model's events too. */
    parents() {
      return [];
    }

    emit(name, ...args) {
      this.trigger(name, ...args);
      for (const parent of this.parents()) parent.trigger(name, ...args);
    }

    set(attributes, value) {
      const wanted = typeof attributes === 'string' ? { [attributes]: value } : attributes;
      const changes = [];
      for (const [name, next] of Object.entries(wanted)) {
        if (this[name] === next) continue;
        changes.push([name, next, this[name]]);
        this[name] = next;
      }
      for (const [name, next, before] of changes) this.emit(`change:${name}`, this, next, before);
      if (changes.length > 0) this.emit('change', this);
      return this;
    }

    get(name) {
      return this[name];
    }
  }

  const idOf = (value) => {
    if (typeof value === 'string') return value;
    return value?._serialized ?? value?.id?._serialized ?? String(value);
  };

  class Collection extends Emitter {
    #byId = new Map();
    #models = [];
    #dirty = false;
    modelClass = Model;
    /** Set by a collection that has an order. */
    compare = null;

    get length() {
      return this.#models.length;
    }

    get _models() {
      return this.getModelsArray();
    }

    get(id) {
      return id === undefined || id === null ? undefined : this.#byId.get(idOf(id));
    }

    add(model, options = {}) {
      const id = idOf(model.id);
      if (this.#byId.has(id)) return this.#byId.get(id);
      this.#byId.set(id, model);
      if (options.at === undefined) this.#models.push(model);
      else this.#models.splice(options.at, 0, model);
      this.#dirty = true;
      if (!options.silent) this.trigger('add', model, this);
      return model;
    }

    /** Older models come before those that are there. */
    prepend(models) {
      const fresh = models.filter((model) => !this.#byId.has(idOf(model.id)));
      for (const model of fresh) this.#byId.set(idOf(model.id), model);
      this.#models = [...fresh, ...this.#models];
      return fresh;
    }

    remove(model, options = {}) {
      const id = idOf(model.id ?? model);
      const found = this.#byId.get(id);
      if (!found) return undefined;
      this.#byId.delete(id);
      this.#models.splice(this.#models.indexOf(found), 1);
      if (!options.silent) this.trigger('remove', found, this);
      return found;
    }

    touch() {
      this.#dirty = true;
    }

    getModelsArray() {
      if (this.#dirty && this.compare) this.#models.sort(this.compare);
      this.#dirty = false;
      return this.#models.slice();
    }

    toArray() {
      return this.getModelsArray();
    }

    forEach(visit) {
      this.getModelsArray().forEach(visit);
    }

    map(visit) {
      return this.getModelsArray().map(visit);
    }

    filter(test) {
      return this.getModelsArray().filter(test);
    }

    some(test) {
      return this.getModelsArray().some(test);
    }

    head() {
      return this.getModelsArray()[0];
    }

    last() {
      return this.getModelsArray().at(-1);
    }

    serialize() {
      return this.getModelsArray().map((model) => model.serialize());
    }

    toJSON() {
      return this.serialize();
    }
  }

  Object.assign(Sim, { Emitter, Model, Collection, idOf });
}
