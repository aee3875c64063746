using System.Text;

namespace Podwire.ProxyBench;

/// <summary>
/// N Services of E endpoints each, as an API server would send them: with the labels, owners and managed fields that objects of a real cluster
/// carry, since reading past them is part of the work. An exchange replaces the first endpoint of a slice by an address never used before.
/// </summary>
/// <param name="services">How many Services.</param>
/// <param name="endpoints">Endpoints of each.</param>
/// <param name="sliceSize">Endpoints in one slice at most (the controller's default is 100, and 1000 the API's limit).</param>
internal sealed class BenchCluster(int services, int endpoints, int sliceSize = 100)
{
    private readonly int slicesEach = (endpoints + sliceSize - 1) / sliceSize;
    private readonly int[] turns = new int[services * ((endpoints + sliceSize - 1) / sliceSize)];
    private readonly Lock gate = new();
    private int turn;
    private byte[]? listOfServices;
    private byte[]? listOfSlices;

    public int Services => services;

    public int Endpoints => endpoints;

    /// <summary>The version of the newest object.</summary>
    public long Version { get; private set; } = 1000;

    public static byte[] Nodes(long version) => Encoding.UTF8.GetBytes(
        $$$"""{"kind":"NodeList","apiVersion":"v1","metadata":{"resourceVersion":"{{{version}}}"},"items":[{"metadata":{"name":"node1","uid":"node1","resourceVersion":"1"},"spec":{"podCIDRs":["10.244.0.0/24"]},"status":{"addresses":[{"type":"InternalIP","address":"10.89.0.11"}]}}]}""");

    /// <summary>The list of Services; kept until an object changes, so that the server's work is not part of what is measured.</summary>
    public byte[] ServiceList()
    {
        lock (gate)
        {
            return listOfServices ??= Render("ServiceList", "v1", Enumerable.Range(0, services).Select(Service));
        }
    }

    /// <summary>The list of slices, as <see cref="ServiceList"/>.</summary>
    public byte[] SliceList()
    {
        lock (gate)
        {
            return listOfSlices ??= Render("EndpointSliceList", "discovery.k8s.io/v1", Enumerable.Range(0, turns.Length).Select(i => Slice(i, string.Empty)));
        }
    }

    /// <summary>Exchanges an endpoint of a Service and gives the line that a watch of slices gets, with the address that is new.</summary>
    public (byte[] Line, string Address) Exchange(int service)
    {
        lock (gate)
        {
            Version++;
            listOfSlices = null;
            turns[service * slicesEach] = ++turn;
            return (Encoding.UTF8.GetBytes($"{{\"type\":\"MODIFIED\",\"object\":{Slice(service * slicesEach, "\"kind\":\"EndpointSlice\",\"apiVersion\":\"discovery.k8s.io/v1\",")}}}\n"), Exchanged(turn));
        }
    }

    private byte[] Render(string kind, string apiVersion, IEnumerable<string> items)
    {
        using var memory = new MemoryStream();
        using (var writer = new StreamWriter(memory, new UTF8Encoding(false), 1 << 16, leaveOpen: true))
        {
            writer.Write($"{{\"kind\":\"{kind}\",\"apiVersion\":\"{apiVersion}\",\"metadata\":{{\"resourceVersion\":\"{Version}\"}},\"items\":[");
            var first = true;
            foreach (var item in items)
            {
                writer.Write(first ? "" : ",");
                writer.Write(item);
                first = false;
            }

            writer.Write("]}");
        }

        return memory.ToArray();
    }

    /// <summary>The cluster IP of a Service.</summary>
    public static string VipOf(int i) => $"10.{96 + ((i + 1) >> 16)}.{((i + 1) >> 8) & 255}.{(i + 1) & 255}";

    /// <summary>The address of an endpoint, counted over all Services.</summary>
    public static string Pod(long n) => $"10.{128 + ((n + 2) >> 16)}.{((n + 2) >> 8) & 255}.{(n + 2) & 255}";

    private static string Exchanged(int turn) => $"172.{16 + (turn >> 16)}.{(turn >> 8) & 255}.{turn & 255}";

    private static string Service(int i) =>
        $$$$$"""{"metadata":{"name":"svc-{{{{{i}}}}}","namespace":"bench-{{{{{i % 40}}}}}","uid":"7e9d1f0a-5b7c-4e0f-9c1d-{{{{{i:x12}}}}}","resourceVersion":"{{{{{i + 1}}}}}","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app.kubernetes.io/name":"svc-{{{{{i}}}}}","app.kubernetes.io/managed-by":"Helm"},"annotations":{"meta.helm.sh/release-name":"svc-{{{{{i}}}}}","meta.helm.sh/release-namespace":"bench"},"managedFields":[{"manager":"helm","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:meta.helm.sh/release-name":{}},"f:labels":{".":{},"f:app.kubernetes.io/name":{}}},"f:spec":{"f:internalTrafficPolicy":{},"f:ports":{".":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:name":{},"f:port":{},"f:protocol":{},"f:targetPort":{}}},"f:selector":{},"f:sessionAffinity":{},"f:type":{}}}}]},"spec":{"ports":[{"name":"http","protocol":"TCP","port":80,"targetPort":8080}],"selector":{"app.kubernetes.io/name":"svc-{{{{{i}}}}}"},"clusterIP":"{{{{{VipOf(i)}}}}}","clusterIPs":["{{{{{VipOf(i)}}}}}"],"type":"ClusterIP","sessionAffinity":"None","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}""";

    private string Slice(int index, string head)
    {
        var i = index / slicesEach;
        var first = index % slicesEach * sliceSize;
        var list = string.Join(',', Enumerable.Range(first, Math.Min(sliceSize, endpoints - first)).Select(e =>
        {
            var address = e == first && turns[index] > 0 ? Exchanged(turns[index]) : Pod(((long)i * endpoints) + e);
            return $$$"""{"addresses":["{{{address}}}"],"conditions":{"ready":true,"serving":true,"terminating":false},"targetRef":{"kind":"Pod","namespace":"bench-{{{i % 40}}}","name":"svc-{{{i}}}-6d4cf56db6-{{{e:x5}}}","uid":"0c1d7a52-8a0e-4b43-8d3f-{{{((long)i * endpoints) + e:x12}}}"},"nodeName":"node{{{(e % 50) + 2}}}","zone":"a"}""";
        }));
        return $$$$$"""{{{{{{head}}}}}"metadata":{"name":"svc-{{{{{i}}}}}-{{{{{index % slicesEach:x5}}}}}","generateName":"svc-{{{{{i}}}}}-","namespace":"bench-{{{{{i % 40}}}}}","uid":"b7b6a1de-2e6f-4a35-8d57-{{{{{index:x12}}}}}","resourceVersion":"{{{{{(turns[index] > 0 ? Version : index + 1)}}}}}","generation":1,"creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app.kubernetes.io/name":"svc-{{{{{i}}}}}","endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io","kubernetes.io/service-name":"svc-{{{{{i}}}}}"},"ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"svc-{{{{{i}}}}}","uid":"7e9d1f0a-5b7c-4e0f-9c1d-{{{{{i:x12}}}}}","controller":true,"blockOwnerDeletion":true}],"managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"discovery.k8s.io/v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:addressType":{},"f:endpoints":{},"f:metadata":{"f:generateName":{},"f:labels":{".":{},"f:app.kubernetes.io/name":{},"f:endpointslice.kubernetes.io/managed-by":{},"f:kubernetes.io/service-name":{}},"f:ownerReferences":{".":{},"k:{\"uid\":\"7e9d1f0a-5b7c-4e0f-9c1d-{{{{{i:x12}}}}}\"}":{}}},"f:ports":{}}}]},"addressType":"IPv4","endpoints":[{{{{{list}}}}}],"ports":[{"name":"http","protocol":"TCP","port":8080}]}""";
    }
}
