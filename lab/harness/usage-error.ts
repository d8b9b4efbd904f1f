/** The command was mistyped: its message is for whoever typed it, a stack would only hide it. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
