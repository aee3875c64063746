using System.Text;
using System.Text.Json.Nodes;
using Podwire.Kube;

namespace Podwire.Cluster;

/// <summary>Tells the API server of the custom resources that the daemons read: deploy/crds, which is embedded in the command.</summary>
internal static class CustomResources
{
    private const string Collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Folder = "crds/";

    /// <summary>The definitions.</summary>
    public static IEnumerable<JsonNode> Read()
    {
        var assembly = typeof(CustomResources).Assembly;
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (name.StartsWith(Folder, StringComparison.Ordinal))
            {
                using var text = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
                foreach (var definition in YamlToJson.ParseAll(text.ReadToEnd()))
                {
                    yield return definition;
                }
            }
        }
    }

    /// <summary>Creates what is missing; what is there stays as it is.</summary>
    /// <exception cref="KubeApiException">The API server refuses.</exception>
    public static async Task ApplyAsync(ClusterPaths paths, CancellationToken cancel)
    {
        using var client = new KubeClient(KubeConfig.Load(paths.KubeConfig));
        foreach (var definition in Read())
        {
            try
            {
                await client.SendRawAsync(HttpMethod.Post, Collection, Encoding.UTF8.GetBytes(definition.ToJsonString()), null, cancel).ConfigureAwait(false);
            }
            catch (KubeApiException e) when (e.IsAlreadyExists)
            {
                // A second run: what the person made of it since is theirs.
            }
        }
    }
}
