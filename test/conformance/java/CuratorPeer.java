import java.util.HashMap;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;

/**
 * Curator's mutexes by one thread, on command: a line in, a line out. Arguments: the servers, the
 * session timeout in milliseconds.
 */
public class CuratorPeer {
  static final Map<String, InterProcessMutex> mutexes = new HashMap<>();

  public static void main(String[] args) throws Exception {
    int sessionTimeoutMs = Integer.parseInt(args[1]);
    CuratorFramework curator =
        CuratorFrameworkFactory.newClient(
            args[0], sessionTimeoutMs, sessionTimeoutMs, new RetryOneTime(100));
    curator.start();
    curator.blockUntilConnected();
    System.out.println("ready");
    Scanner commands = new Scanner(System.in);
    while (commands.hasNextLine()) {
      String[] words = commands.nextLine().split(" ");
      try {
        System.out.println(obey(curator, words));
      } catch (Exception error) {
        System.out.println("error " + error);
      }
    }
    curator.close();
  }

  static String obey(CuratorFramework curator, String[] words) throws Exception {
    InterProcessMutex mutex =
        mutexes.computeIfAbsent(words[1], path -> new InterProcessMutex(curator, path));
    switch (words[0]) {
      case "acquire":
        return String.valueOf(mutex.acquire(Long.parseLong(words[2]), TimeUnit.MILLISECONDS));
      case "release":
        mutex.release();
        return "released";
      default:
        return "error unknown command " + words[0];
    }
  }
}
