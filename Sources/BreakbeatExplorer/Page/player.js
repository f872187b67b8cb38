"use strict";
// The sound of the page: a loop that goes on, and others that take over at a bar line.

const player = {
  context: null, gain: null, analyser: null,
  isWanted: false, // it plays, or will once there is a loop
  source: null, fade: null, // the loop that plays, or waits for its time
  before: null, // the source that plays until that time, or ended there
  time: 0, start: 0, length: 0,

  get isPlaying() { return this.source != null; },

  async play() {
    if (!this.context) {
      this.context = new AudioContext();
      this.gain = this.context.createGain();
      this.analyser = this.context.createAnalyser();
      this.gain.connect(this.analyser).connect(this.context.destination);
      this.gain.gain.value = Number($("volume").value);
    }
    this.isWanted = true;
    show();
    await this.context.resume();
    if (current) this.enter(current);
  },

  stop() {
    this.isWanted = false;
    for (const source of [this.source, this.before]) if (source) source.stop();
    this.source = this.before = null;
    show();
  },

  /** Starts a loop at once if one is wanted and none plays. */
  enter(loop) {
    if (this.isWanted && !this.isPlaying) this.begin(loop, this.context.currentTime + 0.03, 0);
    show();
  },

  /** Starts a loop at a time, from a share of its length, and ends the one before it there. */
  begin(loop, time, share) {
    const buffer = this.context.createBuffer(1, loop.samples.length, loop.rate);
    buffer.copyToChannel(loop.samples, 0);
    const source = new AudioBufferSourceNode(this.context, { buffer, loop: true });
    const fade = this.context.createGain();
    source.connect(fade).connect(this.gain);
    const blend = 0.004;
    fade.gain.setValueAtTime(0, time);
    fade.gain.linearRampToValueAtTime(1, time + blend);
    source.start(time, share * buffer.duration);
    if (this.source && this.time >= time) {
      // It still waits for this time: it never sounds, and the loop before it ends as arranged.
      this.source.stop();
      this.fade.disconnect();
    } else if (this.source) {
      this.fade.gain.setValueAtTime(1, time);
      this.fade.gain.linearRampToValueAtTime(0, time + blend);
      this.source.stop(time + blend);
      this.before = this.source;
    }
    this.source = source;
    this.fade = fade;
    this.time = time;
    this.length = buffer.duration;
    this.start = time - share * buffer.duration;
  },

  /** Picks up another loop at the next bar; the milliseconds until then, or null if none plays. */
  change(loop) {
    if (!this.isPlaying) {
      if (this.context?.state === "running") this.enter(loop);
      return null;
    }
    const now = this.context.currentTime;
    const soon = now + 0.02;
    let time = this.time;
    // A loop that waits is replaced at its time; one about to begin counts as begun.
    if (time < soon) {
      const bar = this.length / Math.max(1, Math.round(model.bars));
      const count = Math.ceil((Math.max(soon, time + 0.01) - this.start) / bar);
      time = this.start + count * bar;
    }
    this.begin(loop, time, ((time - this.start) / this.length) % 1);
    return (time - now) * 1000;
  },

  /** Where in the loop the sound is, 0 to 1. */
  get share() {
    if (!this.isPlaying) return 0;
    const passed = (this.context.currentTime - this.start) / this.length;
    return passed < 0 ? 0 : passed % 1;
  },

  /** The loudest of the last samples that were played. */
  get peak() {
    if (!this.analyser) return 0;
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    return samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  },
};
