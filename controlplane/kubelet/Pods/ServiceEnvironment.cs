using Podwire.Kube.Objects;

namespace Podwire.Kubelet.Pods;

/// <summary>
/// The variables by which a container finds services (Kubernetes: «Service», environment variables; the second form is that of
/// Docker's container links).
/// </summary>
internal static class ServiceEnvironment
{
    /// <summary>The variables of the services a pod of <paramref name="podNamespace"/> sees: the API server's, and with links its namespace's.</summary>
    public static Dictionary<string, string> Of(IEnumerable<Service> services, string podNamespace, bool links)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var service in services.OrderBy(service => service.Metadata.Namespace == podNamespace).ThenBy(service => service.Metadata.Name, StringComparer.Ordinal))
        {
            var isApi = service.Metadata is { Namespace: "default", Name: "kubernetes" };
            if (isApi || (links && service.Metadata.Namespace == podNamespace))
            {
                Add(variables, service);
            }
        }

        return variables;
    }

    private static void Add(Dictionary<string, string> variables, Service service)
    {
        var spec = service.Spec;
        if (string.IsNullOrEmpty(spec.ClusterIP) || spec.ClusterIP == "None" || spec.Ports.Count == 0)
        {
            return;
        }

        var name = Variable(service.Metadata.Name);
        var host = spec.ClusterIP.Contains(':') ? $"[{spec.ClusterIP}]" : spec.ClusterIP;
        variables[$"{name}_SERVICE_HOST"] = spec.ClusterIP;
        variables[$"{name}_SERVICE_PORT"] = $"{spec.Ports[0].Port}";
        variables[$"{name}_PORT"] = $"{Protocol(spec.Ports[0])}://{host}:{spec.Ports[0].Port}";
        foreach (var port in spec.Ports)
        {
            if (!string.IsNullOrEmpty(port.Name))
            {
                variables[$"{name}_SERVICE_PORT_{Variable(port.Name)}"] = $"{port.Port}";
            }

            var prefix = $"{name}_PORT_{port.Port}_{Protocol(port).ToUpperInvariant()}";
            variables[prefix] = $"{Protocol(port)}://{host}:{port.Port}";
            variables[$"{prefix}_PROTO"] = Protocol(port);
            variables[$"{prefix}_PORT"] = $"{port.Port}";
            variables[$"{prefix}_ADDR"] = spec.ClusterIP;
        }
    }

    private static string Variable(string name) => name.ToUpperInvariant().Replace('-', '_');

    private static string Protocol(ServicePort port) => (port.Protocol ?? "TCP").ToLowerInvariant();
}
