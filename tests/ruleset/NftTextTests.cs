namespace Podwire.Ruleset.Tests;

public class NftTextTests
{
    [Fact]
    public void Write_ProxyTable_IsTheListingOfNft() => Assert.Equal("""
        table ip podwire-proxy {
        	comment "rules of podwire-proxy"
        	set affinity-x {
        		type ipv4_addr
        		size 65535
        		flags dynamic,timeout
        		timeout 3h
        	}

        	set hairpin {
        		type ipv4_addr . ipv4_addr
        		elements = { 10.244.0.17 . 10.244.0.17 }
        	}

        	map service-endpoints {
        		typeof ip daddr . meta l4proto . th dport . numgen random mod 1 : ip daddr . th dport
        		elements = { 10.96.0.2 . tcp . 80 . 0 comment "ns/svc:http" : 10.244.0.17 . 8080,
        			     10.96.0.2 . tcp . 80 . 1 comment "ns/svc:http" : 10.244.1.9 . 8080 }
        	}

        	map service-ips {
        		type ipv4_addr . inet_proto . inet_service : verdict
        		counter
        		elements = { 10.96.0.2 . tcp . 80 comment "ns/svc:http" : goto cluster-2 }
        	}

        	chain affinity-1 {
        		update @affinity-x { ip saddr }
        		meta l4proto tcp dnat to 10.244.0.17:8080 comment "10.244.0.17:8080"
        	}

        	chain cluster-2 {
        		ip saddr != 10.244.0.0/16 jump mark-for-masquerade
        		goto vip-2
        	}

        	chain mark-for-masquerade {
        		meta mark set meta mark | 0x00004000
        	}

        	chain nat-postrouting {
        		type nat hook postrouting priority srcnat; policy accept;
        		ct status dnat ip saddr . ip daddr @hairpin masquerade fully-random
        		meta mark & 0x00004000 == 0x00000000 return
        		meta mark set meta mark ^ 0x00004000
        		masquerade fully-random
        	}

        	chain nat-prerouting {
        		type nat hook prerouting priority dstnat; policy accept;
        		jump services
        	}

        	chain reject-chain {
        		meta l4proto tcp reject with tcp reset
        		reject with icmp port-unreachable
        	}

        	chain services {
        		ip daddr . meta l4proto . th dport vmap @service-ips
        		fib daddr type local ip daddr != 127.0.0.0/8 return
        	}

        	chain vip-2 {
        		meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @service-endpoints
        	}
        }

        """.ReplaceLineEndings("\n"), NftText.Write(SampleTables.ProxyTable()));

    [Fact]
    public void Write_PolicyTable_IsTheListingOfNft() => Assert.Equal("""
        table inet npol {
        	map c1_blocks {
        		type ipv4_addr : verdict
        		flags interval
        		elements = { 10.0.0.0/9 : goto p1,
        			     172.16.0.3-172.16.0.9 : drop,
        			     192.168.7.1 comment "one host" : accept,
        			     240.0.0.0/4 : drop }
        	}

        	map in4 {
        		type ipv4_addr : verdict
        		elements = { 10.244.0.5 : goto c1 }
        	}

        	set prof1 {
        		type inet_proto . inet_service
        		flags interval
        		elements = { tcp . 80-90,
        			     udp . 81 }
        	}

        	chain c1 {
        		meta nfproto ipv4 ip saddr vmap @c1_blocks
        		goto deny
        	}

        	chain deny {
        		counter log prefix "denied " group 5 drop
        	}

        	chain forward {
        		type filter hook forward priority filter - 5; policy accept;
        		ct state vmap { invalid : drop, established : accept, related : accept }
        		meta nfproto ipv6 meta l4proto ipv6-icmp icmpv6 type 133-137 accept
        		meta nfproto ipv4 ip daddr vmap @in4
        		iifname "eth*" limit rate 10/second burst 5 packets ct mark set meta mark accept
        	}

        	chain p1 {
        		meta l4proto . th dport @prof1 accept
        		goto deny
        	}
        }

        """.ReplaceLineEndings("\n"), NftText.Write(SampleTables.PolicyTable()));

    [Fact]
    public void Write_Batch_IsOneCommandPerLine()
    {
        var set = SampleTables.ServiceEndpoints();
        var batch = new NftBatch().ReplaceElement(SampleTables.Proxy, set, SampleTables.Endpoint("10.96.0.2", 80, 1, "10.244.2.2", 81, "ns/svc"))
            .Add(new FlushChain(SampleTables.Proxy, "services"));
        Assert.Equal(
            "delete element ip podwire-proxy service-endpoints { 10.96.0.2 . tcp . 80 . 1 comment \"ns/svc\" : 10.244.2.2 . 81 }\n"
            + "add element ip podwire-proxy service-endpoints { 10.96.0.2 . tcp . 80 . 1 comment \"ns/svc\" : 10.244.2.2 . 81 }\n"
            + "flush chain ip podwire-proxy services\n",
            NftText.Write(batch));
    }
}
