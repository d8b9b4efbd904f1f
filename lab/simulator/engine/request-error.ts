import type { AttributeValue } from "@aws-sdk/client-dynamodb";

/** The answer for one action of a cancelled transaction. `Code` is `None` for an action that passed. */
export interface CancellationReason {
  Code: string;
  Message?: string;
  Item?: Readonly<Record<string, AttributeValue>>;
}

/** The members of an error's body besides its message. */
export interface RequestErrorBody {
  Item?: Readonly<Record<string, AttributeValue>>;
  CancellationReasons?: readonly CancellationReason[];
}

/**
 * An error that DynamoDB answers with. `name` is AWS's name of it, without a namespace, and `status`
 * the HTTP status.
 */
export class RequestError extends Error {
  readonly status: 400 | 500 | 503;
  readonly body: RequestErrorBody;

  constructor(name: string, message: string, body: RequestErrorBody = {}, status?: 500 | 503) {
    super(message);
    this.name = name;
    this.body = body;
    this.status = status ?? 400;
  }
}

export const validationError = (message: string): RequestError =>
  new RequestError("ValidationException", message);

/** Refuses a value of a request with the prefix that AWS puts before most such messages. */
export const invalidValue = (message: string): RequestError =>
  validationError(`One or more parameter values were invalid: ${message}`);
