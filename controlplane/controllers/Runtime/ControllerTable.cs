using Microsoft.Extensions.Logging;
using Podwire.Controllers.Deployments;
using Podwire.Controllers.EndpointSlices;
using Podwire.Controllers.GarbageCollection;
using Podwire.Controllers.Namespaces;
using Podwire.Controllers.NodeIpam;
using Podwire.Controllers.NodeLifecycle;
using Podwire.Controllers.PodGc;
using Podwire.Controllers.ReplicaSets;
using Podwire.Controllers.Scheduler;
using Podwire.Controllers.ServiceAccounts;

namespace Podwire.Controllers.Runtime;

/// <summary>All controllers: their names, as --controllers takes them, and the resources that each needs.</summary>
internal static class ControllerTable
{
    private static readonly (string Name, string[] Needs, Func<ControllerContext, IController> Make)[] All =
    [
        ("scheduler", ["pods", "nodes", "namespaces"], context => new SchedulerController(context)),
        ("node-ipam", ["nodes"], context => new NodeIpamController(context)),
        ("node-lifecycle", ["nodes", "pods", "leases.coordination.k8s.io"], context => new NodeLifecycleController(context)),
        ("taint-eviction", ["nodes", "pods"], context => new TaintEvictionController(context)),
        ("pod-gc", ["nodes", "pods"], context => new PodGcController(context)),
        ("deployment", ["deployments.apps", "replicasets.apps", "pods"], context => new DeploymentController(context)),
        ("replicaset", ["replicasets.apps", "pods"], context => new ReplicaSetController(context)),
        ("endpointslice", ["services", "pods", "nodes", "endpointslices.discovery.k8s.io"], context => new EndpointSliceController(context)),
        ("endpoints", ["services", "pods", "nodes", "endpoints"], context => new EndpointsController(context)),
        ("namespace", ["namespaces"], context => new NamespaceController(context)),
        ("serviceaccount", ["namespaces", "serviceaccounts"], context => new ServiceAccountController(context)),
        ("root-ca-certificate-publisher", ["namespaces", "configmaps"], context => new RootCaPublisher(context)),
        ("garbage-collector", [], context => new GarbageCollector(context)),
    ];

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => All.Select(row => row.Name);

    /// <summary>Makes the controllers that are asked for and can run.</summary>
    public static IReadOnlyList<IController> Make(ControllerContext context, ServerResources served, ILogger logger)
    {
        var made = new List<IController>();
        foreach (var (name, needs, make) in All)
        {
            if (!context.Options.Runs(name) || (name == "node-ipam" && context.Options.ClusterNetworks.Count == 0) || (name == "root-ca-certificate-publisher" && context.Options.RootCa is null))
            {
                continue;
            }

            if (Array.Find(needs, need => !served.Serves(need)) is { } missing)
            {
                ControllersLog.NotServed(logger, name, missing);
                continue;
            }

            made.Add(make(context));
        }

        return made;
    }
}
