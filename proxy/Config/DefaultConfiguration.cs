namespace Podwire.Proxy.Config;

/// <summary>What --write-config-to writes: every key that has an effect, with its default.</summary>
internal static class DefaultConfiguration
{
    /// <summary>The file.</summary>
    public const string Yaml = """
        apiVersion: kubeproxy.config.k8s.io/v1alpha1
        kind: KubeProxyConfiguration
        bindAddressHardFail: false
        clientConnection:
          kubeconfig: ""
        clusterCIDR: ""
        conntrack:
          maxPerCore: 32768
          min: 131072
          tcpBeLiberal: false
          tcpCloseWaitTimeout: 1h0m0s
          tcpEstablishedTimeout: 24h0m0s
          udpStreamTimeout: 0s
          udpTimeout: 0s
        detectLocal:
          bridgeInterface: ""
          interfaceNamePrefix: ""
        detectLocalMode: ClusterCIDR
        healthzBindAddress: 0.0.0.0:10256
        hostnameOverride: ""
        iptables:
          localhostNodePorts: true
          masqueradeAll: false
          masqueradeBit: 14
          minSyncPeriod: 1s
          syncPeriod: 30s
        metricsBindAddress: 127.0.0.1:10249
        mode: nftables
        nftables:
          masqueradeAll: false
          masqueradeBit: 14
          minSyncPeriod: 0s
          syncPeriod: 30s
        nodePortAddresses: []
        oomScoreAdj: -999

        """;
}
