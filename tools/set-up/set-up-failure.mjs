/** A machine that cannot be made ready: what is wrong, and on its own line what a person does about it. */
export class SetUpFailure extends Error {
  constructor(message, hint, options) {
    super(message, options);
    this.name = 'SetUpFailure';
    this.hint = hint;
  }
}
