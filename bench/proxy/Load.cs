namespace Podwire.ProxyBench;

/// <summary>N Services of E endpoints each, as an API server would send them.</summary>
internal sealed class Load(int endpoints)
{
    public const string Services = "api/v1/services";
    public const string Slices = "apis/discovery.k8s.io/v1/endpointslices";
    public const string Nodes = "api/v1/nodes";

    public static string Node => """{"apiVersion":"v1","kind":"Node","metadata":{"name":"node1","uid":"node1","resourceVersion":"$RV"},"spec":{"podCIDRs":["10.128.0.0/24"]},"status":{"addresses":[{"type":"InternalIP","address":"10.89.0.11"}]}}""";

    public static string Service(int i) =>
        $$$"""{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"bench","name":"svc-{{{i}}}","uid":"uid-s-{{{i}}}","resourceVersion":"$RV","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"svc-{{{i}}}"}},"spec":{"type":"ClusterIP","clusterIP":"{{{Vip(i)}}}","clusterIPs":["{{{Vip(i)}}}"],"ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster","sessionAffinity":"None","selector":{"app":"svc-{{{i}}}"},"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":8080}]},"status":{"loadBalancer":{} }}""";

    /// <param name="i">The Service's number.</param>
    /// <param name="turn">Each turn exchanges one endpoint.</param>
    public string Slice(int i, int turn = 0)
    {
        var list = string.Join(',', Enumerable.Range(0, endpoints).Select(e =>
        {
            var address = e == 0 && turn > 0 ? $"10.127.{turn / 250 % 250}.{(turn % 250) + 1}" : Pod(((long)i * endpoints) + e);
            return $$$"""{"addresses":["{{{address}}}"],"conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"node{{{(e % 50) + 2}}}","targetRef":{"kind":"Pod","namespace":"bench","name":"svc-{{{i}}}-{{{e}}}","uid":"uid-p-{{{i}}}-{{{e}}}"},"zone":"a"}""";
        }));
        return $$$"""{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"namespace":"bench","name":"svc-{{{i}}}-abcde","uid":"uid-e-{{{i}}}","resourceVersion":"$RV","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"kubernetes.io/service-name":"svc-{{{i}}}","endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io"},"ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"svc-{{{i}}}","uid":"uid-s-{{{i}}}","controller":true}]},"addressType":"IPv4","ports":[{"name":"http","protocol":"TCP","port":8080}],"endpoints":[{{{list}}}]}""";
    }

    private static string Vip(int i) => $"10.{96 + (i >> 16)}.{(i >> 8) & 255}.{i & 255}";

    private static string Pod(long n) => $"10.{128 + (n >> 16)}.{(n >> 8) & 255}.{n & 255}";
}
