using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Podwire.ApiServer.CustomResources;
using Podwire.ApiServer.Discovery;
using Podwire.ApiServer.OpenApi;
using Podwire.ApiServer.Proxying;
using Podwire.ApiServer.Resources;
using Podwire.ApiServer.Rest;
using Podwire.ApiServer.Security;
using Podwire.ApiServer.Services;
using Podwire.ApiServer.Storage;
using Podwire.ApiServer.Watch;
using Podwire.Primitives;

namespace Podwire.ApiServer;

/// <summary>An API server in this process: store, PKI, Kestrel. Tests start one on a free loopback port.</summary>
public sealed class ApiServerHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ObjectStore store;
    private readonly ClusterPki pki;
    private readonly PodLogProxy logs;
    private readonly X509Certificate2 kubeletClient;
    private readonly X509Certificate2 serving;
    private readonly CancellationTokenSource stopping;
    private readonly HealthEndpoints health;
    private readonly DefinitionController definitions;
    private readonly ILogger logger;

    private ApiServerHost(WebApplication app, ObjectStore store, ClusterPki pki, PodLogProxy logs, X509Certificate2 kubeletClient, X509Certificate2 serving, CancellationTokenSource stopping, HealthEndpoints health, DefinitionController definitions, ILogger logger, ApiServerHandle handle)
    {
        this.app = app;
        this.store = store;
        this.pki = pki;
        this.logs = logs;
        this.kubeletClient = kubeletClient;
        this.serving = serving;
        this.stopping = stopping;
        this.health = health;
        this.definitions = definitions;
        this.logger = logger;
        Handle = handle;
    }

    /// <summary>The server's URL, PKI and kubeconfigs.</summary>
    public ApiServerHandle Handle { get; }

    /// <summary>Starts a server on a free loopback port, with its store and PKI in a directory (made if absent).</summary>
    public static Task<ApiServerHost> StartAsync(string directory, ILoggerFactory? loggers = null)
    {
        Directory.CreateDirectory(directory);
        return StartAsync(
            new ApiServerOptions { SecurePort = 0, StoreFile = Path.Combine(directory, "store.db"), PkiDirectory = Path.Combine(directory, "pki") },
            loggers: loggers);
    }

    /// <summary>Opens the store, listens, and makes the objects every cluster has; the server answers when this returns.</summary>
    /// <exception cref="SqliteException">The store cannot be opened.</exception>
    /// <exception cref="IOException">The address is in use.</exception>
    public static async Task<ApiServerHost> StartAsync(ApiServerOptions options, TimeProvider? time = null, ILoggerFactory? loggers = null, IpPrefix? clusterCidr = null)
    {
        time ??= TimeProvider.System;
        var logger = (loggers ?? Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance).CreateLogger("apiserver");
        var pki = ClusterPki.OpenOrCreate(options.PkiDirectory, time);
        var catalog = new ResourceCatalog(BuiltInResources.Create());
        var store = new ObjectStore(options.StoreFile, catalog.All.Select(resource => resource.Stored).DistinctBy(stored => stored.Id), options.WatchCacheSize);
        var stopping = new CancellationTokenSource();
        var kubeletClient = pki.CreateClientCertificate(ClientIdentity.KubeletClient);
        var kubernetesIp = options.ServiceClusterIpRange.First.Add(1).ToIPAddress();
        var advertise = options.AdvertiseAddress ?? (options.BindAddress is { } bind && !bind.Equals(IPAddress.Any) ? bind : IPAddress.Loopback);
        var serving = pki.CreateServingCertificate([], [advertise, kubernetesIp, .. options.CertificateAddresses, .. options.BindAddress is { } own ? new[] { own } : []]);
        var logs = new PodLogProxy(store, catalog["", "v1", "nodes"], kubeletClient, pki.Authority);
        var metrics = new RequestMetrics();
        var health = new HealthEndpoints(store, catalog, metrics);
        var authenticator = new CertificateAuthenticator(pki.Authority);
        WebApplication? app = null;
        DefinitionController? definitions = null;
        try
        {
            var reader = new ResourceReader(store, new SnapshotKeeper(time), time);
            var writer = new ResourceWriter(store, time, catalog.Namespaces);
            var deleter = new ResourceDeleter(store, time);
            var handler = new ResourceHandler(
                reader,
                new ResourceWatcher(store, time, stopping.Token),
                writer,
                deleter,
                new ScaleEndpoint(reader, writer),
                new PodActions(writer, deleter, time),
                logs);
            app = Build(options, serving, authenticator, loggers);
            var dispatcher = new ApiDispatcher(
                catalog,
                new DiscoveryDocuments(catalog, $"{advertise}:{options.SecurePort}"),
                new OpenApiDocuments(catalog),
                health,
                new ReviewEndpoints(),
                handler,
                authenticator,
                metrics,
                logger);
            app.Run(dispatcher.HandleAsync);
            var allocations = new ServiceAllocations(options.ServiceClusterIpRange, options.FirstNodePort, options.LastNodePort);
            catalog["", "v1", "services"].Hook = allocations;
            var bootstrap = new Bootstrap(store, catalog, allocations, time, logger);
            bootstrap.RepairAllocations();
            catalog.Namespaces.AfterCreate = bootstrap.EnsureAccountAsync;
            definitions = new DefinitionController(store, catalog, time, logger);
            catalog[DefinitionResource.Group, "v1", "customresourcedefinitions"].AfterCreate = definitions.ReconcileAsync;
            await definitions.StartAsync();
            await app.StartAsync();
            var port = Port(app, options);
            await bootstrap.RunAsync(kubernetesIp.ToString(), advertise.ToString(), port);
            health.SetReady();
            var host = options.BindAddress is null || options.BindAddress.Equals(IPAddress.Any) ? IPAddress.Loopback : options.BindAddress;
            var server = options.KubeconfigServer ?? $"https://{host}:{port}";
            ApiServerLog.Serving(logger, server, options.StoreFile, store.Revision);
            return new ApiServerHost(app, store, pki, logs, kubeletClient, serving, stopping, health, definitions, logger, new ApiServerHandle(server, pki, options, clusterCidr));
        }
        catch
        {
            if (app is not null)
            {
                await app.DisposeAsync();
            }

            definitions?.Dispose();
            logs.Dispose();
            store.Dispose();
            kubeletClient.Dispose();
            serving.Dispose();
            pki.Dispose();
            stopping.Dispose();
            throw;
        }
    }

    /// <summary>Ends the watches, answers what is under way, closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        ApiServerLog.Ending(logger);
        health.SetEnding();
        await stopping.CancelAsync();
        await app.StopAsync();
        await app.DisposeAsync();
        definitions.Dispose();
        logs.Dispose();
        store.Dispose();
        kubeletClient.Dispose();
        serving.Dispose();
        pki.Dispose();
        stopping.Dispose();
    }

    private static int Port(WebApplication app, ApiServerOptions options)
    {
        if (options.SecurePort != 0)
        {
            return options.SecurePort;
        }

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;

        // A passed-in socket has an address that is no URL.
        return addresses.Select(address => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.Port : 0).First(port => port > 0);
    }

    private static WebApplication Build(ApiServerOptions options, X509Certificate2 serving, CertificateAuthenticator authenticator, ILoggerFactory? loggers)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ApplicationName = "podwire-apiserver" });
        builder.Logging.ClearProviders();
        if (loggers is not null)
        {
            builder.Services.AddSingleton(loggers);
        }

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.AllowResponseHeaderCompression = true;
            kestrel.Limits.MaxRequestBodySize = ObjectDecoder.MostBytes + 1;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            void Configure(ListenOptions listen)
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(serving, https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.ClientCertificateValidation = (certificate, _, _) => authenticator.IsTrusted(certificate);
                    https.CheckCertificateRevocation = false;
                });
            }

            if (options.BindAddress is { } address)
            {
                kestrel.Listen(address, options.SecurePort, Configure);
            }

            foreach (var descriptor in options.ListenDescriptors)
            {
                kestrel.ListenHandle((ulong)descriptor, Configure);
            }
        });
        return builder.Build();
    }
}
