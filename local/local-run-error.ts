/** What can be wrong with a local run, as a closed set: each has words for the one who started it. */
export type LocalRunErrorCode =
  /** An environment variable or argument is out of its bounds. */
  | "setting"
  /** The synthesized app cannot be read, or asks for something that is not run here. */
  | "assembly"
  /** The data folder is in use, or holds something else than the template describes. */
  | "data"
  /** The port is taken. */
  | "port"
  /** The database engine is missing, did not start or was lost. */
  | "engine"
  /** The emulator of SNS and SQS did not start. */
  | "messaging"
  /** A function's bundle cannot be loaded. */
  | "function";

/** A fault whose message is for the one who typed the command: what happened, and what to do. */
export class LocalRunError extends Error {
  override readonly name = "LocalRunError";
  readonly code: LocalRunErrorCode;

  constructor(code: LocalRunErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
