/** What a function's worker and its pool say to each other. Small and flat: it is the hot path. */

/** What a worker knows from its start. */
export interface WorkerSettings {
  /** Absolute path of the bundle's file. */
  bundlePath: string;
  exportName: string;
  /** Every line that the function writes is appended here. */
  logPath: string;
  functionName: string;
  functionArn: string;
  memoryMiB: number;
  logGroupName: string;
  logStreamName: string;
}

/** The request's id, the event as JSON, and the time of the epoch when the function must be done. */
export type Invocation = [requestId: string, event: string, deadlineMs: number];

/** Ready for the first invocation; then per invocation how it ended, and the answer as JSON. */
export type WorkerMessage = "ready" | [outcome: "answered" | "failed", answer: string];

/** A failure as Lambda tells it. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  stackTrace?: string[];
}

/** `failed` when the answer is a FunctionError. */
export interface InvocationResult {
  isFailed: boolean;
  /** JSON. */
  answer: string;
}
