import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** Reads each connection to its end, -1, and takes that for a close. LeakyClient PORT COUNT; ends with its input. */
public class LeakyClient {
    private static final List<Socket> sockets = new ArrayList<>();

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        int count = Integer.parseInt(arguments[1]);
        for (int i = 0; i < count; i++) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            sockets.add(socket);
            InputStream in = socket.getInputStream();
            int length = 0;
            while (in.read() != -1) {
                length++;
            }
            System.out.println("read " + length);
        }
        System.in.read();
        System.out.println("sockets " + sockets.size());
    }
}
