using Podwire.NetPolicy;
using Podwire.NetPolicyBench;

// «netpolicy ARG...» is podwire-netpolicy itself, for where no native executable was built.
if (args is ["netpolicy", .. var rest])
{
    return await PolicyProgram.RunAsync(rest);
}

if (args is not [var row])
{
    Console.Error.WriteLine("usage: connections | change | load | memory | reload");
    return 2;
}

switch (row)
{
    case "connections":
        new Connections().Run(policies: 1000, peers: 100);
        break;
    case "change":
        Changes.Run();
        break;
    case "load":
        Console.WriteLine($"10,000 pods, 5000 policies, 500 namespaces: from the objects to the commit of all rules ({BenchDaemon.Kind}); target: 0.5x");
        await FullLoad.RunAsync(localPods: 110, rounds: 5, isPlainToo: true);
        await FullLoad.RunAsync(localPods: 250, rounds: 5, isPlainToo: true);
        await FullLoad.RunAsync(localPods: 1000, rounds: 3, isPlainToo: true);
        await FullLoad.RunAsync(localPods: 2500, rounds: 1, isPlainToo: true);
        await FullLoad.RunAsync(localPods: 10_000, rounds: 1, isPlainToo: false);
        break;
    case "memory":
        await Memory.RunAsync(localPods: 110);
        break;
    case "reload":
        new Reloads().Run(60);
        break;
    default:
        Console.Error.WriteLine($"there is no row {row}");
        return 2;
}

return 0;
