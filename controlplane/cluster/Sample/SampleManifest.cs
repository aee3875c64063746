using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.Cluster.Sample;

/// <summary>deploy/sample/echo.yaml, which is embedded in the command.</summary>
internal sealed record SampleManifest(Deployment Deployment, IReadOnlyList<Service> Services)
{
    /// <summary>Reads the file and fills in its placeholders.</summary>
    public static SampleManifest Read(string echo, int replicas)
    {
        using var stream = typeof(SampleManifest).Assembly.GetManifestResourceStream("echo.yaml")!;
        var text = new StreamReader(stream, Encoding.UTF8).ReadToEnd().Replace("${ECHO}", echo).Replace("${REPLICAS}", $"{replicas}");
        var objects = YamlToJson.ParseAll(text).OfType<JsonNode>().ToArray();
        return new(
            Of(KubeResources.Deployments).Single(),
            [.. Of(KubeResources.Services)]);

        IEnumerable<T> Of<T>(KubeResource<T> resource)
            where T : class, IKubeObject => objects.Where(node => (string?)node["kind"] == resource.Kind).Select(node => node.Deserialize(resource.ItemInfo)!);
    }
}
