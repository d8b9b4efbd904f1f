/** The real ZooKeeper, alone or as an ensemble of three, on free ports of the loopback interface. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { findFreePort } from "../../local/engines/free-port.ts";
import {
  ServerMissing,
  startServerProcess,
  type ServerProcess,
} from "../../local/engines/server-process.ts";

export interface ZooKeeperMember extends ServerProcess {
  port: number;
}

export interface ZooKeeperEnsemble {
  /** 127.0.0.1:<port>,127.0.0.1:<port>,… */
  connectionString: string;
  members: readonly ZooKeeperMember[];
  /** The member that leads now. Rejects while none does. */
  leader(): Promise<ZooKeeperMember>;
  /** What clients have sent to all of its servers, and what keeps their sessions alive. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

export interface ZooKeeperOptions {
  servers?: 1 | 3;
  /** Sessions last for 2 ticks or more, and are looked at once in a tick. 100 ms when absent. */
  tickTimeMs?: number;
}

const install = "apt-get install zookeeper";
/** Where Debian's packages have it; its manifest names all else that it needs, but for a log. */
const jar = "/usr/share/java/zookeeper.jar";
const logJar = "/usr/share/java/slf4j-simple.jar";

/** One of the server's commands of four letters. */
const ask = async (port: number, word: string): Promise<string> => {
  const socket = connect(port, "127.0.0.1");
  const timer = setTimeout(() => socket.destroy(new Error("silent")), 1_000);
  try {
    await once(socket, "connect");
    socket.write(word);
    return await text(socket);
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
};

const requestsOf = async ({ port }: ZooKeeperMember): Promise<number> =>
  Number(/^Received: (\d+)$/m.exec(await ask(port, "srvr"))?.[1] ?? Number.NaN);

const modeOf = async (port: number): Promise<string | undefined> =>
  /^Mode: (\w+)$/m.exec(await ask(port, "srvr"))?.[1];

interface Ports {
  client: number;
  quorum: number;
  election: number;
}

const settingsOf = (
  folder: string,
  own: Ports,
  all: readonly Ports[],
  tickTimeMs: number,
): string =>
  [
    `dataDir=${folder}`,
    "clientPortAddress=127.0.0.1",
    `clientPort=${own.client}`,
    `tickTime=${tickTimeMs}`,
    "minSessionTimeout=200",
    "maxSessionTimeout=60000",
    "initLimit=100",
    "syncLimit=50",
    "maxClientCnxns=0",
    "admin.enableServer=false",
    "4lw.commands.whitelist=srvr",
    ...(all.length === 1
      ? []
      : all.map(
          ({ quorum, election }, index) =>
            `server.${index + 1}=127.0.0.1:${quorum}:${election};127.0.0.1:${all[index]!.client}`,
        )),
  ].join("\n");

/** Quiet, and small: it holds the locks of a test. */
const javaOptions = [
  "-Xmx128m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  // A test ends before its machine does, so that nothing has to be on the disk for good.
  "-Dzookeeper.forceSync=no",
  "-Dznode.container.checkIntervalMs=1000",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
];

const startMember = async (
  folder: string,
  own: Ports,
  all: readonly Ports[],
  tickTimeMs: number,
): Promise<ZooKeeperMember> => {
  const settings = join(folder, "zoo.cfg");
  await mkdir(folder);
  await writeFile(settings, settingsOf(folder, own, all, tickTimeMs));
  await writeFile(join(folder, "myid"), String(all.indexOf(own) + 1));
  const server = await startServerProcess({
    name: "ZooKeeper",
    command: "java",
    args: [
      ...javaOptions,
      "-cp",
      `${jar}:${logJar}`,
      "org.apache.zookeeper.server.quorum.QuorumPeerMain",
      settings,
    ],
    install,
    isReady: async () => (await modeOf(own.client)) !== undefined,
  });
  return { ...server, port: own.client };
};

export const startZooKeeper = async ({
  servers = 1,
  tickTimeMs = 100,
}: ZooKeeperOptions = {}): Promise<ZooKeeperEnsemble> => {
  if (!existsSync(jar)) {
    throw new ServerMissing(`There is no ZooKeeper on this machine. To install: ${install}`);
  }
  const folder = await mkdtemp(join(tmpdir(), "holdfast-zookeeper-"));
  const all: Ports[] = [];
  for (let index = 0; index < servers; index += 1) {
    all.push({
      client: await findFreePort(),
      quorum: await findFreePort(),
      election: await findFreePort(),
    });
  }
  const starting = await Promise.allSettled(
    all.map((own, index) => startMember(join(folder, String(index + 1)), own, all, tickTimeMs)),
  );
  const members = starting.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.stop()));
    await rm(folder, { recursive: true, force: true });
  };
  const failed = starting.find((one) => one.status === "rejected");
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return {
    connectionString: members.map(({ port }) => `127.0.0.1:${port}`).join(),
    members,
    leader: async () => {
      for (const member of members) {
        const mode = await modeOf(member.port).catch(() => undefined);
        if (mode === "leader" || mode === "standalone") return member;
      }
      throw new Error("Nobody leads.");
    },
    requests: async () => {
      const received = await Promise.all(members.map(requestsOf));
      return received.reduce((sum, one) => sum + one, 0);
    },
    stop,
  };
};
