/** Identifies the caller of a request: by a token, by a signature of AWS, or not at all. */
import { AwsV4Signer } from "aws4fetch";
import { invalidOption } from "./errors.ts";

/** A token of the issuer of a stack with `auth=jwt`, or a signature for a stack with `auth=iam`. */
export type Auth = BearerAuth | SigV4Auth;

export interface BearerAuth {
  /** The token, or a function that returns it. The function is called for each attempt: cache the token. */
  bearer: string | (() => string | Promise<string>);
}

export interface SigV4Auth {
  /** AWS Signature Version 4 for the service `execute-api`. */
  sigV4: {
    /** The region of the API, as in `eu-west-1`. */
    region: string;
    /** The credentials, or a function that returns them. The function is called for each attempt. */
    credentials: AwsCredentials | (() => AwsCredentials | Promise<AwsCredentials>);
  };
}

/** As the credential providers of the AWS SDK return them. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials. */
  sessionToken?: string;
}

/** A request before its authorization: all that a signature covers. */
export interface UnsignedRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
}

/** Resolves with the headers of a request, those that identify the caller included. */
export type Authorization = (request: UnsignedRequest) => Promise<Headers>;

/** @throws HoldfastError `invalid_option` */
export const createAuthorization = (auth: Auth | undefined): Authorization => {
  if (auth === undefined) return async ({ headers }) => new Headers(headers);
  if ("bearer" in auth) return bearerAuthorization(auth);
  if ("sigV4" in auth) return sigV4Authorization(auth);
  throw invalidOption("auth", "must have bearer or sigV4; leave it out for a stack with auth=none");
};

function bearerAuthorization({ bearer }: BearerAuth): Authorization {
  if (typeof bearer !== "function") checkToken(bearer);
  return async ({ headers }) => {
    const token = checkToken(typeof bearer === "function" ? await bearer() : bearer);
    return new Headers({ ...headers, Authorization: `Bearer ${token}` });
  };
}

/** The token is a secret: it is not in the message. */
function checkToken(token: unknown): string {
  if (typeof token === "string" && /^[!-~]+$/.test(token)) return token;
  throw invalidOption("auth.bearer", "must be a token of printable ASCII characters, not empty");
}

function sigV4Authorization({ sigV4: { region, credentials } }: SigV4Auth): Authorization {
  if (typeof region !== "string" || !/^[a-z0-9-]+$/.test(region)) {
    throw invalidOption("auth.sigV4.region", `must be a region, as in "eu-west-1"`);
  }
  if (typeof credentials !== "function") checkCredentials(credentials);
  return async (request) => {
    const { accessKeyId, secretAccessKey, sessionToken } = checkCredentials(
      typeof credentials === "function" ? await credentials() : credentials,
    );
    const signer = new AwsV4Signer({
      ...request,
      region,
      service: "execute-api",
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
    });
    const { headers } = await signer.sign();
    return headers;
  };
}

function checkCredentials(credentials: AwsCredentials | undefined): AwsCredentials {
  const { accessKeyId, secretAccessKey } = credentials ?? {};
  if (credentials && isText(accessKeyId) && isText(secretAccessKey)) return credentials;
  const expected = "must have the texts accessKeyId and secretAccessKey";
  throw invalidOption("auth.sigV4.credentials", expected);
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
