import { startDynamoDbLockServer } from "../support/start-lock-server.ts";
import { describeOnce } from "./once-suite.ts";

describeOnce("dynamodb", startDynamoDbLockServer);
