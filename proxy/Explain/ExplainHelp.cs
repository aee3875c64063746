namespace Podwire.Proxy.Explain;

/// <summary>What <c>podwire explain --help</c> prints.</summary>
internal static class ExplainHelp
{
    public const string Text = """
        NAME
          podwire explain - what a connection to a Service meets on this node

        SYNOPSIS
          podwire explain POD_OR_IP SERVICE_OR_IP:PORT[/PROTOCOL] [--trace] [FLAG]...

        DESCRIPTION
          Reads the Services and their endpoints from the API server and the proxy's rules from the kernel of this node, sends the first packet of
          a connection through those rules in thought, and prints the rules it meets in their order, with what they have counted; every
          endpoint of the Service with whether it can be chosen, or why not; and what becomes of the connection. Nothing is changed, and no packet is sent.

          The rules are those of the mode that the flags or the configuration name; where the kernel has none of that mode, but of another, of that one.
          In mode ipvs it shows the virtual service too, and its real servers with weights, connections and counters.

          The source is an address, a pod (NAMESPACE/NAME, or NAME in namespace default), or «node» for a process of the node.
          The destination is a Service (NAMESPACE/NAME:PORT, or NAME:PORT in namespace default; PORT is a number or the port's name) or an
          address and port: a cluster IP, an external IP, a load balancer's, or the node's own with a node port. PROTOCOL is tcp, udp or sctp.

        FLAGS
          --trace             modes iptables and ipvs: besides, watch a real packet. Puts a TRACE rule for this one connection into the raw table, waits for the
                              next connection (make it yourself), prints each rule that its first packet met, and takes the rule away again, also
                              where it is interrupted or killed
          --trace-timeout T   how long it waits for the packet (default 30s)
          --kubeconfig FILE, --master URL, --hostname-override NAME, --config FILE, --proxy-mode MODE and the others of podwire-proxy: give those
                              that it runs with, because what is masqueraded depends on them

        EXAMPLES
          podwire explain web-7d4b9 shop/cart:http --config /etc/podwire/proxy.yaml
          podwire explain 10.244.1.7 10.96.0.10:53/udp --kubeconfig /etc/kubernetes/proxy.kubeconfig --cluster-cidr 10.244.0.0/16
          podwire explain 198.51.100.7 192.0.2.11:30080 --kubeconfig /etc/kubernetes/proxy.kubeconfig
          podwire explain web-7d4b9 shop/cart:http --config /etc/podwire/proxy.yaml --trace

        EXIT STATUS
          0 explained, 1 failed (with --trace: no such packet came), 2 an argument or a flag cannot be used

        """;
}
