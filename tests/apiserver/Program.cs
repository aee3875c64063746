using Podwire.ApiServer;

// "serve FLAGS": this process is an API server for a test to kill. Anything else: the tests.
return args is ["serve", .. var flags]
    ? await ApiServerProgram.RunAsync(flags)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
