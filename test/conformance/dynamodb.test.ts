import { startDynamoDbLockServer } from "../support/start-lock-server.ts";
import { describeLocks } from "./locks-suite.ts";

describeLocks("dynamodb", startDynamoDbLockServer);
