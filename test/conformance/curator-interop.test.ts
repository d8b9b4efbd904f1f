import { afterAll, beforeAll } from "vitest";
import { startJavaPeer } from "../support/java-peer.ts";
import type { LockServer } from "../support/lock-server.ts";
import { startCuratorLockServer } from "../support/start-lock-server.ts";
import { describeInterop } from "./interop-suite.ts";

let server: LockServer;
beforeAll(async () => {
  server = await startCuratorLockServer();
});
afterAll(() => server.stop());

describeInterop({
  serverOf: () => server,
  // Debian's package, the real Curator 5.4.
  startPeer: () =>
    startJavaPeer({
      source: "conformance/java/CuratorPeer.java",
      classPath: ["curator-recipes", "slf4j-nop"]
        .map((jar) => `/usr/share/java/${jar}.jar`)
        .join(":"),
      args: [(server.config as { servers: string }).servers, "2000"],
    }),
  javaName: (name) => `/${name}`,
});
