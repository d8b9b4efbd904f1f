import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import org.redisson.Redisson;
import org.redisson.api.RLock;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/**
 * Redisson's locks by one thread, on command: a line in, a line out. Argument: the server's address.
 */
public class RedissonPeer {
  public static void main(String[] args) {
    Config config = new Config();
    config.setLockWatchdogTimeout(Long.parseLong(args[1]));
    config.useSingleServer().setAddress(args[0]);
    RedissonClient redisson = Redisson.create(config);
    System.out.println("ready");
    Scanner commands = new Scanner(System.in);
    while (commands.hasNextLine()) {
      String[] words = commands.nextLine().split(" ");
      try {
        System.out.println(obey(redisson, words));
      } catch (Exception error) {
        System.out.println("error " + error);
      }
    }
    redisson.shutdown();
  }

  static String obey(RedissonClient redisson, String[] words) throws InterruptedException {
    RLock lock = redisson.getLock(words[1]);
    switch (words[0]) {
      case "acquire":
        return String.valueOf(lock.tryLock(Long.parseLong(words[2]), TimeUnit.MILLISECONDS));
      case "acquireFenced":
        Long token =
            redisson
                .getFencedLock(words[1])
                .tryLockAndGetToken(Long.parseLong(words[2]), TimeUnit.MILLISECONDS);
        return String.valueOf(token);
      case "release":
        lock.unlock();
        return "released";
      default:
        return "error unknown command " + words[0];
    }
  }
}
