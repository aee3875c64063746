using System.Text;

namespace Podwire.Kube.Tests;

public sealed class KubeConfigTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("podwire-kube-");

    public void Dispose() => directory.Delete(recursive: true);

    private static string Config(string cluster = "server: https://10.89.0.1:6443", string user = "token: t", string current = "current-context: main") => $$"""
        apiVersion: v1
        kind: Config
        {{current}}
        clusters:
        - name: other
          cluster: {server: "https://elsewhere"}
        - name: c
          cluster: { {{cluster}} }
        users:
        - name: u
          user: { {{user}} }
        contexts:
        - name: main
          context: {cluster: c, user: u, namespace: shop}
        - name: second
          context: {cluster: other, user: ""}
        """;

    [Fact]
    public void CurrentContext_IsTaken()
    {
        var config = KubeConfig.Parse(Config());
        Assert.Equal(new Uri("https://10.89.0.1:6443"), config.Server);
        Assert.Equal("t", config.Token);
        Assert.Equal("shop", config.Namespace);
        Assert.Null(config.CertificateAuthorityPem);
    }

    [Fact]
    public void NamedContext_WinsOverTheCurrentOne()
    {
        var config = KubeConfig.Parse(Config(), context: "second");
        Assert.Equal("elsewhere", config.Server.Host);
        Assert.Equal("default", config.Namespace);
        Assert.Null(config.Token);
    }

    [Fact]
    public void Json_IsTakenToo()
    {
        var json = """
            {"kind":"Config","apiVersion":"v1","current-context":"x","contexts":[{"name":"x","context":{"cluster":"x"}}],
             "clusters":[{"name":"x","cluster":{"server":"http://127.0.0.1:8080"}}],"users":null}
            """;
        Assert.Equal(8080, KubeConfig.Parse(json).Server.Port);
    }

    [Fact]
    public void ServerWithoutScheme_IsHttp() => Assert.Equal("http", KubeConfig.Parse(Config("server: 'localhost:8080'")).Server.Scheme);

    [Fact]
    public void Data_WinsOverFiles_AndPathsAreRelativeToTheFile()
    {
        File.WriteAllText(Path.Combine(directory.FullName, "ca.crt"), "from-file");
        var data = Convert.ToBase64String(Encoding.UTF8.GetBytes("from-data"));
        var path = Path.Combine(directory.FullName, "config");
        File.WriteAllText(path, Config("server: 'https://a', certificate-authority: ca.crt", "tokenFile: token, token: t"));
        var config = KubeConfig.Load(path);
        Assert.Equal("from-file", config.CertificateAuthorityPem);
        Assert.Equal(Path.Combine(directory.FullName, "token"), config.TokenFile);
        Assert.Equal("from-data", KubeConfig.Parse(Config($"server: 'https://a', certificate-authority: ca.crt, certificate-authority-data: {data}")).CertificateAuthorityPem);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("- 1", "it is empty or not a mapping")]
    [InlineData("a: [", "line ")]
    [InlineData("a: 1\na: 2", "line 2, column 1: key 'a' is given twice")]
    [InlineData("kind: Pod", "kind is 'Pod', not Config")]
    [InlineData("kind: Config", "current-context is not set")]
    [InlineData("current-context: 5", "current-context is not a string")]
    [InlineData("current-context: x", "there is no context 'x'")]
    [InlineData("current-context: x\ncontexts: {}", "contexts is not a list")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: 1}]", "context 'x' is not a mapping")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: {}}]", "context 'x' names no cluster")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: {cluster: c}}]", "there is no cluster 'c'")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\nclusters: [{name: c}]", "there is no user 'u'")]
    [InlineData("current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\nclusters: [{name: c}]", "cluster 'c' has no server")]
    public void Malformed_IsRefusedInOneLine(string text, string says) => AssertRefused(text, says);

    [Theory]
    [InlineData("server: 'ftp://x'", "token: t", "server 'ftp://x' is not an http or https address")]
    [InlineData("server: 'https://x', insecure-skip-tls-verify: maybe", "token: t", "insecure-skip-tls-verify is not true or false")]
    [InlineData("server: 'https://x', insecure-skip-tls-verify: true, certificate-authority-data: YQ==", "token: t", "exclude each other")]
    [InlineData("server: 'https://x', certificate-authority-data: '*'", "token: t", "certificate-authority-data is not base64")]
    [InlineData("server: 'https://x', certificate-authority: /nonexistent/ca.crt", "token: t", "certificate-authority cannot be read")]
    [InlineData("server: 'https://x', proxy-url: 'http://p'", "token: t", "proxy-url is not supported")]
    [InlineData("server: 'https://x'", "client-certificate-data: YQ==", "client-certificate and client-key must be given together")]
    [InlineData("server: 'https://x'", "exec: {command: aws-iam}", "the exec plugin 'aws-iam' is not supported")]
    [InlineData("server: 'https://x'", "auth-provider: {name: gcp}", "the auth provider 'gcp' is not supported")]
    [InlineData("server: 'https://x'", "username: bob, password: x", "username is not supported")]
    [InlineData("server: 'https://x'", "as: bob", "as is not supported")]
    public void Unusable_IsRefusedInOneLine(string cluster, string user, string says) => AssertRefused(Config(cluster, user), says);

    [Fact]
    public void MissingFile_IsNamed()
    {
        var fault = Assert.Throws<KubeConfigException>(() => KubeConfig.Load("/nonexistent/kubeconfig"));
        Assert.Contains("/nonexistent/kubeconfig", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("certificate-authority-data: YQ==", "token: t", "certificate-authority cannot be used")]
    [InlineData("tls-server-name: x", "client-certificate-data: YQ==, client-key-data: YQ==", "client-certificate or client-key cannot be used")]
    public void PemThatIsNone_IsRefusedByTheClient(string cluster, string user, string says)
    {
        var config = KubeConfig.Parse(Config("server: 'https://x', " + cluster, user), "my.kubeconfig");
        var fault = Assert.Throws<KubeConfigException>(() => new KubeClient(config));
        Assert.StartsWith("my.kubeconfig: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InCluster_ReadsTheServiceAccount()
    {
        File.WriteAllText(Path.Combine(directory.FullName, "ca.crt"), "ca");
        File.WriteAllText(Path.Combine(directory.FullName, "token"), "secret\n");
        File.WriteAllText(Path.Combine(directory.FullName, "namespace"), "kube-system\n");
        var config = KubeConfig.InCluster("fd00::1", "443", directory.FullName);
        Assert.Equal("https://[fd00::1]/", config.Server.AbsoluteUri);
        Assert.Equal("ca", config.CertificateAuthorityPem);
        Assert.Equal("kube-system", config.Namespace);
        Assert.Equal(Path.Combine(directory.FullName, "token"), config.TokenFile);
    }

    [Fact]
    public void InCluster_OutsideOne_SaysSo()
    {
        Assert.Contains("KUBERNETES_SERVICE_HOST", Assert.Throws<KubeConfigException>(() => KubeConfig.InCluster(null, null, "/x")).Message, StringComparison.Ordinal);
        Assert.Contains("token cannot be read", Assert.Throws<KubeConfigException>(() => KubeConfig.InCluster("h", "1", "/nonexistent")).Message, StringComparison.Ordinal);
    }

    private static void AssertRefused(string text, string says)
    {
        var fault = Assert.Throws<KubeConfigException>(() => KubeConfig.Parse(text, "my.kubeconfig"));
        Assert.StartsWith("my.kubeconfig: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }
}
