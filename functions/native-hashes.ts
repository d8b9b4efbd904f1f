/**
 * Takes the place of the SDK's hashes in the bundles (lib/bundled-function.ts): it has each of them in
 * JavaScript as well, for systems without the native ones. These are the native ones alone.
 */
import { type BinaryLike, createHash, createHmac } from "node:crypto";

/** Hashes what `update` gets; with a secret, an HMAC of it. Only a hash can be read more than once. */
const hashClass = (algorithm: string) =>
  class {
    #secret: BinaryLike | undefined;
    #state;

    constructor(secret?: BinaryLike) {
      this.#secret = secret;
      this.#state = this.#start();
    }

    update(data: BinaryLike): void {
      this.#state.update(data);
    }

    async digest(): Promise<Uint8Array> {
      return new Uint8Array(
        "copy" in this.#state ? this.#state.copy().digest() : this.#state.digest(),
      );
    }

    reset(): void {
      this.#state = this.#start();
    }

    #start() {
      return this.#secret ? createHmac(algorithm, this.#secret) : createHash(algorithm);
    }
  };

export const Sha256 = /* @__PURE__ */ hashClass("sha256");
/** For SQS, which returns this hash of a message. */
export const Md5 = /* @__PURE__ */ hashClass("md5");
