using DctNet.Service.Hosting;

return await DctNetService.RunAsync(args);
