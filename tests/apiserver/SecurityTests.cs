using System.Net;
using System.Security.Cryptography.X509Certificates;
using Podwire.ApiServer.Security;
using Podwire.Kube;

namespace Podwire.ApiServer.Tests;

/// <summary>PKI, x509 identities, who may do what.</summary>
public sealed class SecurityTests(TestServer server) : IClassFixture<TestServer>
{

    [Fact]
    public void Pki_Files_ArePrivateAndReopened()
    {
        var directory = Directory.CreateTempSubdirectory("podwire-pki-").FullName;
        try
        {
            using var made = ClusterPki.OpenOrCreate(directory);
            var path = made.EnsureKubeconfig(ClientIdentity.Admin, "https://192.0.2.1:6443");
            foreach (var file in new[] { Path.Combine(directory, "ca.key"), path })
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }

            var text = File.ReadAllText(path);
            using var again = ClusterPki.OpenOrCreate(directory);
            Assert.Equal(made.Authority.Thumbprint, again.Authority.Thumbprint);
            Assert.Equal(text, File.ReadAllText(again.EnsureKubeconfig(ClientIdentity.Admin, "https://192.0.2.1:6443")));
            Assert.NotEqual(text, File.ReadAllText(again.EnsureKubeconfig(ClientIdentity.Admin, "https://192.0.2.2:6443")));
            Assert.Equal(["admin.kubeconfig", "ca.crt", "ca.key"], Directory.GetFiles(directory).Select(Path.GetFileName).Order());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Pki_NearItsEnd_MakesKubeconfigsAnew()
    {
        var directory = Directory.CreateTempSubdirectory("podwire-pki-").FullName;
        try
        {
            using var now = ClusterPki.OpenOrCreate(directory);
            var old = File.ReadAllText(now.EnsureKubeconfig(ClientIdentity.Proxy, "https://s"));
            using var soon = ClusterPki.OpenOrCreate(directory, new ShiftedTime(TimeSpan.FromDays(300)));
            Assert.Equal(old, File.ReadAllText(soon.EnsureKubeconfig(ClientIdentity.Proxy, "https://s")));
            using var late = ClusterPki.OpenOrCreate(directory, new ShiftedTime(TimeSpan.FromDays(340)));
            Assert.NotEqual(old, File.ReadAllText(late.EnsureKubeconfig(ClientIdentity.Proxy, "https://s")));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void ServingCertificate_NamesWhatItServes()
    {
        using var certificate = server.Handle.Pki.CreateServingCertificate(["api.example"], [IPAddress.Parse("10.89.0.1")]);
        Assert.True(certificate.MatchesHostname("api.example"));
        Assert.True(certificate.MatchesHostname("kubernetes.default.svc"));
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateIPAddresses();
        Assert.Contains(IPAddress.Parse("10.89.0.1"), names);
        Assert.Contains(IPAddress.Loopback, names);
        Assert.Equal("1.2.840.10045.2.1", certificate.PublicKey.Oid.Value);
    }

    [Fact]
    public void Authenticator_ReadsUserAndGroups_AndTrustsItsOwnAuthorityOnly()
    {
        var authenticator = new CertificateAuthenticator(server.Handle.Pki.Authority);
        using var node = server.Handle.Pki.CreateClientCertificate(ClientIdentity.Node("n1"));
        var user = authenticator.Identify(node);
        Assert.Equal("system:node:n1", user.Name);
        Assert.Equal(["system:nodes", "system:authenticated"], user.Groups);
        Assert.Equal("n1", user.NodeName);
        Assert.True(authenticator.IsTrusted(node));
        using var serving = server.Handle.Pki.CreateServingCertificate([], []);
        Assert.False(authenticator.IsTrusted(serving));
        var directory = Directory.CreateTempSubdirectory("podwire-pki-").FullName;
        using (var other = ClusterPki.OpenOrCreate(directory))
        using (var stranger = other.CreateClientCertificate(ClientIdentity.Admin))
        {
            Assert.False(authenticator.IsTrusted(stranger));
        }

        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("system:node:n1", "system:nodes", "get", "", "pods", "", "default", "p", true)]
    [InlineData("system:node:n1", "system:nodes", "patch", "", "pods", "status", "default", "p", true)]
    [InlineData("system:node:n1", "system:nodes", "create", "", "pods", "", "default", "", false)]
    [InlineData("system:node:n1", "system:nodes", "patch", "", "nodes", "status", "", "n1", true)]
    [InlineData("system:node:n1", "system:nodes", "patch", "", "nodes", "status", "", "n2", false)]
    [InlineData("system:node:n1", "system:nodes", "update", "coordination.k8s.io", "leases", "", "kube-node-lease", "n1", true)]
    [InlineData("system:node:n1", "system:nodes", "update", "coordination.k8s.io", "leases", "", "kube-node-lease", "n2", false)]
    [InlineData("system:node:n1", "system:nodes", "update", "coordination.k8s.io", "leases", "", "kube-system", "n1", false)]
    [InlineData("system:node:n1", "system:nodes", "delete", "", "secrets", "", "default", "s", false)]
    [InlineData("system:node:n1", "", "get", "", "pods", "", "default", "p", false)]
    [InlineData("system:kube-proxy", "", "watch", "discovery.k8s.io", "endpointslices", "", "", "", true)]
    [InlineData("system:kube-proxy", "", "get", "", "secrets", "", "default", "s", false)]
    [InlineData("system:kube-proxy", "", "patch", "", "nodes", "", "", "n1", false)]
    [InlineData("system:flannel", "", "patch", "", "nodes", "", "", "n1", true)]
    [InlineData("system:flannel", "", "list", "", "services", "", "", "", false)]
    [InlineData("system:kube-controller-manager", "", "delete", "apps", "replicasets", "", "x", "y", true)]
    [InlineData("someone", "", "get", "", "pods", "", "default", "p", false)]
    [InlineData("someone", "system:masters", "delete", "", "nodes", "", "", "n1", true)]
    [InlineData("someone", "", "create", "authorization.k8s.io", "selfsubjectaccessreviews", "", "", "", true)]
    public void Authorizer_ByIdentity_Decides(string name, string group, string verb, string apiGroup, string resource, string subresource, string space, string item, bool expected) =>
        Assert.Equal(expected, Authorizer.IsAllowed(new UserInfo(name, group.Length == 0 ? [] : [group]), verb, apiGroup, resource, subresource, space, item));

    [Fact]
    public async Task Anonymous_SeesHealthAndVersionOnly()
    {
        var anonymous = server.Client(null);
        foreach (var path in new[] { "/healthz", "/livez", "/readyz", "/readyz?verbose", "/version" })
        {
            using var answer = await anonymous.GetAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        foreach (var path in new[] { "/api", "/apis/apps/v1", "/openapi/v3", "/metrics", "/api/v1/pods" })
        {
            var (code, status) = await server.SendAsync("GET", path, client: anonymous);
            Assert.Equal((401, "Unauthorized"), (code, status["reason"]!.GetValue<string>()));
        }
    }

    [Fact]
    public async Task Proxy_MayNotReadSecrets_AndIsToldWhy()
    {
        var (code, status) = await server.SendAsync("GET", "/api/v1/namespaces/default/secrets", client: server.Client(ClientIdentity.Proxy));
        Assert.Equal((403, "Forbidden"), (code, status["reason"]!.GetValue<string>()));
        Assert.Equal("secrets is forbidden: User \"system:kube-proxy\" cannot list resource \"secrets\" in API group \"\" in the namespace \"default\"", status["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task Node_MayChangeItsOwnPodsOnly()
    {
        const string Pods = "/api/v1/namespaces/default/pods";
        await server.CreateAsync(Pods, """{"metadata":{"name":"mine"},"spec":{"nodeName":"n1","containers":[{"name":"c","image":"host"}]}}""");
        const string Patch = """{"status":{"phase":"Running"}}""";
        Assert.Equal(403, (await server.SendAsync("PATCH", $"{Pods}/mine/status", Patch, "application/merge-patch+json", server.Client(ClientIdentity.Node("n2")))).Code);
        Assert.Equal(403, (await server.SendAsync("DELETE", $"{Pods}/mine", client: server.Client(ClientIdentity.Node("n2")))).Code);
        Assert.Equal(200, (await server.SendAsync("PATCH", $"{Pods}/mine/status", Patch, "application/merge-patch+json", server.Client(ClientIdentity.Node("n1")))).Code);
    }

    [Fact]
    public async Task Review_TellsWhoAndWhat()
    {
        var proxy = server.Client(ClientIdentity.Proxy);
        var (_, who) = await server.SendAsync("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", """{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}""", client: proxy);
        Assert.Equal("system:kube-proxy", who["status"]!["userInfo"]!["username"]!.GetValue<string>());
        foreach (var (resource, allowed) in new[] { ("services", true), ("secrets", false) })
        {
            var (code, answer) = await server.SendAsync("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", $$$$"""{"spec":{"resourceAttributes":{"verb":"list","resource":"{{{{resource}}}}"}}}""", client: proxy);
            Assert.Equal((201, allowed), (code, answer["status"]!["allowed"]!.GetValue<bool>()));
        }
    }

    [Fact]
    public async Task Kubeconfig_IsTakenByTheClientLibrary()
    {
        using var client = new KubeClient(KubeConfig.Load(server.Handle.AdminKubeconfig));
        var list = await client.ListAsync(KubeResources.Namespaces, null, null, TestContext.Current.CancellationToken);
        Assert.Contains("default", list.Items.Select(item => item.Metadata.Name));
    }

    private sealed class ShiftedTime(TimeSpan shift) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
    }
}
