using System.Net;
using System.Net.Sockets;
using System.Text;
using Podwire.ApiServer;
using Podwire.ApiServer.Security;
using Podwire.CniCalico.Ipam.Api;
using Podwire.Kube;
using Podwire.Kube.Objects;

namespace Podwire.CniCalico.Tests;

/// <summary>A real API server in this process, with Calico's definitions in it.</summary>
internal sealed class TestApi : IAsyncDisposable
{
    private readonly string directory;
    private readonly ApiServerHost host;

    private TestApi(string directory, ApiServerHost host)
    {
        this.directory = directory;
        this.host = host;
        Client = new KubeClient(KubeConfig.Load(host.Handle.AdminKubeconfig));
        CalicoKubeconfig = host.Handle.Kubeconfig(ClientIdentity.Calico);
    }

    /// <summary>As <see cref="CalicoKubeconfig"/>, at the listener's address.</summary>
    public string NodeKubeconfig => Path.Combine(directory, "node.kubeconfig");

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public KubeClient Client { get; }

    /// <summary>A node agent's own identity: what its rules do not allow fails here too.</summary>
    public string CalicoKubeconfig { get; }

    /// <summary>Starts it; with a listening socket of another namespace, which is the server's from then on, it is served there too.</summary>
    public static async Task<TestApi> StartAsync(Socket? listener = null)
    {
        var directory = Directory.CreateTempSubdirectory("podwire-calico-").FullName;
        var served = (IPEndPoint?)listener?.LocalEndPoint;
        var host = await ApiServerHost.StartAsync(new ApiServerOptions
        {
            SecurePort = 0,
            StoreFile = Path.Combine(directory, "store.db"),
            PkiDirectory = Path.Combine(directory, "pki"),
            ListenDescriptors = listener is null ? [] : [(int)listener.Handle],
            CertificateAddresses = served is null ? [] : [served.Address],
        });
        if (listener is not null)
        {
            // The server closes the descriptor. Closed a second time, its number would be somebody else's by then.
            listener.SafeHandle.SetHandleAsInvalid();
            GC.SuppressFinalize(listener);
        }

        var api = new TestApi(directory, host);
        if (served is not null)
        {
            host.Handle.Pki.WriteKubeconfig(api.NodeKubeconfig, ClientIdentity.Calico, $"https://{served}");
        }

        await ApplyDefinitionsAsync(api.Client);
        return api;
    }

    public static async Task ApplyDefinitionsAsync(KubeClient client)
    {
        using var stream = typeof(TestApi).Assembly.GetManifestResourceStream("crds.yaml")!;
        foreach (var node in YamlToJson.ParseAll(new StreamReader(stream, Encoding.UTF8).ReadToEnd()))
        {
            await client.SendRawAsync(HttpMethod.Post, "apis/apiextensions.k8s.io/v1/customresourcedefinitions", Encoding.UTF8.GetBytes(node.ToJsonString()), null, Cancel);
        }
    }

    public Task<IpPool> PoolAsync(string name, string cidr, Action<IpPoolSpec>? more = null)
    {
        var pool = new IpPool { Metadata = { Name = name }, Spec = { Cidr = cidr } };
        more?.Invoke(pool.Spec);
        return Client.CreateAsync(CalicoResources.IpPools, pool, Cancel);
    }

    public async Task<List<IpamBlock>> BlocksAsync() => (await Client.ListAsync(CalicoResources.IpamBlocks, null, null, Cancel)).Items;

    public async Task<List<IpamHandle>> HandlesAsync() => (await Client.ListAsync(CalicoResources.IpamHandles, null, null, Cancel)).Items;

    public async Task<List<BlockAffinity>> AffinitiesAsync() => (await Client.ListAsync(CalicoResources.BlockAffinities, null, null, Cancel)).Items;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await host.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }
}
