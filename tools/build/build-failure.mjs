/** The one error of the build: what is wrong, and on its own line what to do about it. */
export class BuildFailure extends Error {
  constructor(message, hint, options) {
    super(message, options);
    this.name = 'BuildFailure';
    this.hint = hint;
  }
}
