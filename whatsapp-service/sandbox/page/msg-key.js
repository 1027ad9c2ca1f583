/* global Sim */
{
  const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();

  /** `true_6281…@c.us_3EB0…`, in a group with the participant at the end. */
  class MsgKey {
    constructor({ fromMe, remote, id, participant, from, to, selfDir }) {
      this.fromMe = fromMe ?? selfDir === 'out';
      this.remote = Sim.createWid(remote ?? (this.fromMe ? to : from));
      this.id = id;
      if (participant) this.participant = Sim.createWid(participant);
      this._serialized = `${this.fromMe}_${this.remote._serialized}_${this.id}${participant ? `_${this.participant._serialized}` : ''}`;
    }

    static async newId() {
      return `3EB0${hex(9)}`;
    }
    static fromString(text) {
      const [fromMe, remote, id, participant] = String(text).split('_');
      return new MsgKey({ fromMe: fromMe === 'true', remote, id, participant });
    }
    static from(value) {
      return value instanceof MsgKey ? value : MsgKey.fromString(value?._serialized ?? value);
    }
    static newHexId() {
      return hex(16);
    }
    equals(other) {
      return other?._serialized === this._serialized;
    }
    clone() {
      return MsgKey.fromString(this._serialized);
    }
    toString() {
      return this._serialized;
    }
  }

  Sim.MsgKey = MsgKey;
}
