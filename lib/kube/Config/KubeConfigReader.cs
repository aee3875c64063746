using System.Text;
using System.Text.Json.Nodes;

namespace Podwire.Kube;

/// <summary>Picks the current context out of a kubeconfig's tree.</summary>
internal sealed class KubeConfigReader(string source, string directory)
{
    public KubeConfig Read(JsonNode? root, string? context)
    {
        var config = root as JsonObject ?? throw Fault("it is empty or not a mapping");
        if (Text(config, "kind", "it") is { } kind and not "Config")
        {
            throw Fault($"kind is '{kind}', not Config");
        }

        context ??= Text(config, "current-context", "it");
        if (string.IsNullOrEmpty(context))
        {
            throw Fault("current-context is not set");
        }

        var chosen = Find(config, "contexts", "context", context);
        var at = $"context '{context}'";
        var clusterName = Text(chosen, "cluster", at) ?? throw Fault($"{at} names no cluster");
        var cluster = Find(config, "clusters", "cluster", clusterName);
        var userName = Text(chosen, "user", at);
        var user = string.IsNullOrEmpty(userName) ? [] : Find(config, "users", "user", userName);
        RefusePlugins(user, $"user '{userName}'");
        return Build(cluster, $"cluster '{clusterName}'", user, $"user '{userName}'", Text(chosen, "namespace", at));
    }

    private KubeConfig Build(JsonObject cluster, string clusterAt, JsonObject user, string userAt, string? ns)
    {
        var insecure = Flag(cluster, "insecure-skip-tls-verify", clusterAt);
        var authority = Pem(cluster, "certificate-authority", clusterAt);
        if (insecure && authority is not null)
        {
            throw Fault($"{clusterAt}: certificate-authority and insecure-skip-tls-verify exclude each other");
        }

        if (Text(cluster, "proxy-url", clusterAt) is { Length: > 0 })
        {
            throw Fault($"{clusterAt}: proxy-url is not supported");
        }

        var certificate = Pem(user, "client-certificate", userAt);
        var key = Pem(user, "client-key", userAt);
        if (certificate is null != key is null)
        {
            throw Fault($"{userAt}: client-certificate and client-key must be given together");
        }

        return new KubeConfig
        {
            Source = source,
            Server = Server(cluster, clusterAt),
            CertificateAuthorityPem = authority,
            InsecureSkipTlsVerify = insecure,
            TlsServerName = NonEmpty(Text(cluster, "tls-server-name", clusterAt)),
            ClientCertificatePem = certificate,
            ClientKeyPem = key,
            Token = NonEmpty(Text(user, "token", userAt)),
            TokenFile = NonEmpty(Text(user, "tokenFile", userAt)) is { } file ? Path.Combine(directory, file) : null,
            Namespace = NonEmpty(ns) ?? "default",
        };
    }

    private Uri Server(JsonObject cluster, string at)
    {
        var server = NonEmpty(Text(cluster, "server", at)) ?? throw Fault($"{at} has no server");
        if (!server.Contains("://", StringComparison.Ordinal))
        {
            server = "http://" + server;
        }

        return Uri.TryCreate(server, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.Query.Length == 0
            ? address
            : throw Fault($"{at}: server '{server}' is not an http or https address");
    }

    private void RefusePlugins(JsonObject user, string at)
    {
        if (user["exec"] is JsonObject exec)
        {
            throw Fault($"{at}: the exec plugin '{Text(exec, "command", at)}' is not supported; use a certificate or a token");
        }

        if (user["auth-provider"] is JsonObject provider)
        {
            throw Fault($"{at}: the auth provider '{Text(provider, "name", at)}' is not supported; use a certificate or a token");
        }

        foreach (var field in new[] { "username", "password", "as" })
        {
            if (NonEmpty(Text(user, field, at)) is not null)
            {
                throw Fault($"{at}: {field} is not supported; use a certificate or a token");
            }
        }
    }

    private JsonObject Find(JsonObject config, string list, string field, string name)
    {
        var entries = config[list] switch
        {
            null => [],
            JsonArray array => array,
            _ => throw Fault($"{list} is not a list"),
        };
        foreach (var entry in entries)
        {
            if (entry is JsonObject item && Text(item, "name", list) == name)
            {
                return item[field] switch
                {
                    null => [],
                    JsonObject found => found,
                    _ => throw Fault($"{field} '{name}' is not a mapping"),
                };
            }
        }

        throw Fault($"there is no {field} '{name}'");
    }

    /// <summary>A PEM text: base64 in NAME-data, which wins, or a file.</summary>
    private string? Pem(JsonObject from, string name, string at)
    {
        if (NonEmpty(Text(from, name + "-data", at)) is { } data)
        {
            try
            {
                return Encoding.UTF8.GetString(Convert.FromBase64String(data));
            }
            catch (FormatException)
            {
                throw Fault($"{at}: {name}-data is not base64");
            }
        }

        return NonEmpty(Text(from, name, at)) is { } file
            ? KubeConfig.ReadText(Path.Combine(directory, file), source, $"{at}: {name}")
            : null;
    }

    private string? Text(JsonObject from, string field, string at) => from[field] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw Fault($"{at}: {field} is not a string"),
    };

    private bool Flag(JsonObject from, string field, string at) => from[field] switch
    {
        null => false,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => throw Fault($"{at}: {field} is not true or false"),
    };

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private KubeConfigException Fault(string message) => new($"{source}: {message}");
}
