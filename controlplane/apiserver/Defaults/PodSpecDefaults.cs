using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Defaults;

/// <summary>The defaults of a PodSpec, in pods and in templates (k8s.io/kubernetes/pkg/apis/core/v1/defaults.go).</summary>
internal static class PodSpecDefaults
{
    private const long DefaultMode = 420;

    public static void Apply(JsonObject spec)
    {
        spec.Default("restartPolicy", "Always");
        spec.Default("terminationGracePeriodSeconds", 30L);
        spec.Default("dnsPolicy", "ClusterFirst");
        spec.Default("schedulerName", "default-scheduler");
        spec.Ensure("securityContext");
        SyncAccount(spec);
        var hostNetwork = spec.Flag("hostNetwork");
        foreach (var container in spec.Objects("initContainers").Concat(spec.Objects("containers")))
        {
            Container(container, hostNetwork);
        }

        foreach (var volume in spec.Objects("volumes"))
        {
            Volume(volume);
        }
    }

    /// <summary>A container without a tag, or with the tag latest, is pulled every time.</summary>
    private static string PullPolicy(string image)
    {
        var tag = image[(image.LastIndexOf('/') + 1)..];
        return tag.Contains('@') || (tag.Contains(':') && !tag.EndsWith(":latest", StringComparison.Ordinal)) ? "IfNotPresent" : "Always";
    }

    /// <summary>serviceAccount is the old name of serviceAccountName; both are kept equal.</summary>
    private static void SyncAccount(JsonObject spec)
    {
        if (spec.Text("serviceAccountName") is { Length: > 0 } name)
        {
            spec["serviceAccount"] = name;
        }
        else if (spec.Text("serviceAccount") is { Length: > 0 } old)
        {
            spec["serviceAccountName"] = old;
        }
    }

    private static void Container(JsonObject container, bool hostNetwork)
    {
        container.Default("terminationMessagePath", "/dev/termination-log");
        container.Default("terminationMessagePolicy", "File");
        if (container.Text("image") is { Length: > 0 } image)
        {
            container.Default("imagePullPolicy", PullPolicy(image));
        }

        Resources(container.Ensure("resources"));
        foreach (var port in container.Objects("ports"))
        {
            port.Default("protocol", "TCP");
            if (hostNetwork && (port.Number("hostPort") ?? 0) == 0)
            {
                port.TakeFrom("hostPort", new JsonObject { ["hostPort"] = port["containerPort"]?.DeepClone() });
            }
        }

        foreach (var name in new[] { "livenessProbe", "readinessProbe", "startupProbe" })
        {
            if (container.Object(name) is { } probe)
            {
                Probe(probe);
            }
        }

        foreach (var name in new[] { "postStart", "preStop" })
        {
            if (container.At("lifecycle", name, "httpGet") is { } get)
            {
                HttpGet(get);
            }
        }

        foreach (var variable in container.Objects("env"))
        {
            variable.At("valueFrom", "fieldRef")?.Default("apiVersion", "v1");
        }
    }

    /// <summary>A limit without a request is the request.</summary>
    private static void Resources(JsonObject resources)
    {
        foreach (var (name, limit) in resources.Object("limits") ?? [])
        {
            var requests = resources.Ensure("requests");
            if (!requests.ContainsKey(name))
            {
                requests[name] = limit?.DeepClone();
            }
        }
    }

    private static void Probe(JsonObject probe)
    {
        foreach (var (name, value) in new[] { ("timeoutSeconds", 1L), ("periodSeconds", 10L), ("successThreshold", 1L), ("failureThreshold", 3L) })
        {
            if ((probe.Number(name) ?? 0) == 0)
            {
                probe[name] = value;
            }
        }

        if (probe.Object("httpGet") is { } get)
        {
            HttpGet(get);
        }

        if (probe.Object("grpc") is { } grpc && grpc["service"] is null)
        {
            grpc["service"] = string.Empty;
        }
    }

    private static void HttpGet(JsonObject get)
    {
        get.Default("path", "/");
        get.Default("scheme", "HTTP");
    }

    private static void Volume(JsonObject volume)
    {
        if (volume.All(entry => entry.Key == "name"))
        {
            volume["emptyDir"] = new JsonObject();
        }

        foreach (var source in new[] { "secret", "configMap", "downwardAPI", "projected" })
        {
            if (volume.Object(source) is { } found && found["defaultMode"] is null)
            {
                found["defaultMode"] = DefaultMode;
            }
        }

        if (volume.Object("hostPath") is { } path && path["type"] is null)
        {
            path["type"] = string.Empty;
        }

        foreach (var source in volume.Object("projected").Objects("sources"))
        {
            if (source.Object("serviceAccountToken") is { } token && token["expirationSeconds"] is null)
            {
                token["expirationSeconds"] = 3600L;
            }

            FieldVersions(source.Object("downwardAPI"));
        }

        FieldVersions(volume.Object("downwardAPI"));
    }

    private static void FieldVersions(JsonObject? downward)
    {
        foreach (var item in downward.Objects("items"))
        {
            item.Object("fieldRef")?.Default("apiVersion", "v1");
        }
    }
}
