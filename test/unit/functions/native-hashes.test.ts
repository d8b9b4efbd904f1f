/** The SDK signs its requests with these hashes, so they are compared with the SDK's own. */
import { Md5 as SdkMd5, Sha256 as SdkSha256 } from "@smithy/core/checksum";
import { expect, test } from "vitest";
import { Md5, Sha256 } from "../../../functions/native-hashes.ts";

const bytes = new Uint8Array([0, 1, 128, 255]);

test.each([undefined, "", "AWS4secret", bytes])("SHA-256 with the secret %o", async (secret) => {
  const [ours, theirs] = [new Sha256(secret), new SdkSha256(secret)];
  for (const hash of [ours, theirs]) {
    hash.update(bytes);
    hash.update(new TextEncoder().encode("café"));
  }
  expect(await ours.digest()).toEqual(await theirs.digest());
  for (const hash of [ours, theirs]) hash.reset();
  expect(await ours.digest()).toEqual(await theirs.digest());
});

test("a hash can be read, added to and read again", async () => {
  const [ours, theirs] = [new Sha256(), new SdkSha256()];
  for (let times = 0; times < 2; times += 1) {
    for (const hash of [ours, theirs]) hash.update(bytes);
    expect(await ours.digest()).toEqual(await theirs.digest());
  }
});

test("MD5 of a message", async () => {
  const [ours, theirs] = [new Md5(), new SdkMd5()];
  for (const hash of [ours, theirs]) hash.update(new TextEncoder().encode("café"));
  expect(await ours.digest()).toEqual(await theirs.digest());
});
