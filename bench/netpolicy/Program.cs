using Podwire.NetPolicy;
using Podwire.NetPolicyBench;

// «netpolicy ARG...» is podwire-netpolicy itself, for where no native executable was built.
if (args is ["netpolicy", .. var rest])
{
    return await PolicyProgram.RunAsync(rest);
}

Console.WriteLine($"{Shell.Run(null, "nft --version").Trim()}; {Shell.Run(null, "uname -r").Trim()}; {Environment.ProcessorCount} processors");
string[] rows = args.Length > 0 ? args : ["connections", "change", "load", "memory", "reload"];
foreach (var row in rows)
{
    Console.WriteLine();
    switch (row)
    {
        case "connections":
            new Connections().Run(policies: 1000, peers: 100);
            break;
        case "change":
            new Changes().Run();
            break;
        case "load":
            new FullLoad().Run(localPods: 110);
            new FullLoad().Run(localPods: 250);
            new FullLoad().Run(localPods: 10_000);
            break;
        case "memory":
            await new Memory().RunAsync(localPods: 110);
            break;
        case "reload":
            new Reloads().Run(60);
            break;
        default:
            Console.Error.WriteLine($"there is no row {row}");
            return 2;
    }
}

return 0;
