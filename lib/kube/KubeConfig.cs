using System.Text;

namespace Podwire.Kube;

/// <summary>
/// Where the API server is and who we are to it: what the current context of a kubeconfig says, or what a pod finds in
/// its service account's directory. Paths in a file are relative to it.
/// </summary>
public sealed class KubeConfig
{
    private const string ServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>The server's address, http or https, maybe with a path.</summary>
    public required Uri Server { get; init; }

    /// <summary>Where this came from, for messages.</summary>
    public string Source { get; init; } = "configuration";

    /// <summary>The certificates to trust, in PEM; null is the machine's own list.</summary>
    public string? CertificateAuthorityPem { get; init; }

    /// <summary>Our certificate (and what leads to its authority), in PEM.</summary>
    public string? ClientCertificatePem { get; init; }

    /// <summary>The private key of <see cref="ClientCertificatePem"/>, in PEM.</summary>
    public string? ClientKeyPem { get; init; }

    /// <summary>A bearer token.</summary>
    public string? Token { get; init; }

    /// <summary>A file with a bearer token; it is read again as it changes and wins over <see cref="Token"/>.</summary>
    public string? TokenFile { get; init; }

    /// <summary>True: believe any server. For experiments only.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The name the server's certificate must have, if not that of <see cref="Server"/>.</summary>
    public string? TlsServerName { get; init; }

    /// <summary>The context's namespace; <c>default</c> if it names none.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Reads a kubeconfig file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="context">A context; null is the file's current one.</param>
    /// <exception cref="KubeConfigException">It cannot be read or used; the message names the fault.</exception>
    public static KubeConfig Load(string path, string? context = null) =>
        Parse(ReadText(path, "kubeconfig", path), path, Path.GetDirectoryName(Path.GetFullPath(path))!, context);

    /// <summary>Reads a kubeconfig text, YAML or JSON.</summary>
    /// <param name="text">The text.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="directory">What its paths are relative to.</param>
    /// <param name="context">A context; null is the text's current one.</param>
    /// <exception cref="KubeConfigException">It cannot be used; the message names the fault.</exception>
    public static KubeConfig Parse(string text, string source = "kubeconfig", string directory = "/", string? context = null)
    {
        try
        {
            return new KubeConfigReader(source, directory).Read(YamlToJson.Parse(text), context);
        }
        catch (YamlFormatException e)
        {
            throw new KubeConfigException($"{source}: {e.Message}", e);
        }
    }

    /// <summary>
    /// The usual rule: <paramref name="path"/> if given, else the file in <c>$KUBECONFIG</c>, else the pod's own service
    /// account, else <c>~/.kube/config</c>.
    /// </summary>
    /// <exception cref="KubeConfigException">None of them can be used.</exception>
    public static KubeConfig LoadDefault(string? path = null)
    {
        path = string.IsNullOrEmpty(path) ? Environment.GetEnvironmentVariable("KUBECONFIG") : path;
        if (!string.IsNullOrEmpty(path))
        {
            return path.Contains(':') && !File.Exists(path)
                ? throw new KubeConfigException($"KUBECONFIG names several files ({path}); name one")
                : Load(path);
        }

        return !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"))
            ? InCluster()
            : Load(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config"));
    }

    /// <summary>What a pod finds: KUBERNETES_SERVICE_HOST and _PORT, and its service account's token and authority.</summary>
    /// <exception cref="KubeConfigException">This is no pod, or one without a service account.</exception>
    public static KubeConfig InCluster() => InCluster(
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"),
        Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"),
        ServiceAccountDirectory);

    internal static KubeConfig InCluster(string? host, string? port, string directory)
    {
        const string Source = "in-cluster configuration";
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new KubeConfigException($"{Source}: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
        }

        var authority = Path.Combine(directory, "ca.crt");
        var token = Path.Combine(directory, "token");
        var ns = Path.Combine(directory, "namespace");
        ReadText(token, Source, "token");
        var address = host.Contains(':') ? $"https://[{host}]:{port}" : $"https://{host}:{port}";
        return new KubeConfig
        {
            Source = Source,
            Server = Uri.TryCreate(address, UriKind.Absolute, out var server)
                ? server
                : throw new KubeConfigException($"{Source}: {address} is not an address"),
            CertificateAuthorityPem = ReadText(authority, Source, "ca.crt"),
            TokenFile = token,
            Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : "default",
        };
    }

    internal static string ReadText(string path, string source, string what)
    {
        try
        {
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new KubeConfigException($"{source}: {what} cannot be read: {e.Message}", e);
        }
    }
}
